"""Deleting what has outlived its retention: tables stop growing for ever.

kinds.py lists what is deleted and what is kept for ever, and why; pruning.py deletes; statements.py has the SQL.
"""
