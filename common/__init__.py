"""What every room of the house may use; imports none of them."""
