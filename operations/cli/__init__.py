"""What commands have in common: their base class, their arguments, and processes that run until SIGTERM."""
