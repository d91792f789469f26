"""Checking every promise over the whole database.

registry.py lists the checks, scopes.py the parts of the database that each of their statements looks at, run.py runs
them, report.py says what they found. A check is one SQL statement; evidence.py has the tables that statements share.
"""
