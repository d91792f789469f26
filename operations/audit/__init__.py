"""The audit: checks of every promise over the whole database.

A check is one SQL statement. registry.py lists the checks; scopes.py has the ranges of rows that their statements read;
evidence.py the common table expressions that they share. run.py runs them, and report.py formats the result.
"""
