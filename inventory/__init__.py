"""Stock levels, the ledger of their movements, and reservations for orders."""
