"""Looking at everything that the product needs, and saying what is wrong and what to do about it.

machine.py, database.py and kafka.py look; run.py has them look at the same time, and for a bounded time.
"""
