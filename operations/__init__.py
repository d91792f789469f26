"""The running system as a whole: processes, health, audit, demo data."""
