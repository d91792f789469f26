"""Looking at everything that the product needs, and saying what is wrong and what to do about it.

The checks are in machine.py, database.py and kafka.py; run.py runs them at the same time, within a time limit.
"""
