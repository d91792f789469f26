"""Checking every promise over the whole database: registry.py lists the checks, run.py runs them."""
