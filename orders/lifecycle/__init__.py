"""What people do with an order after it was placed: cancel it, and send its goods."""
