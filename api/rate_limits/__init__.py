"""How many requests a client may send in a time: off unless settings.API_RATE_LIMIT is set.

Each process decides by itself, without asking anybody, and all settle up with each other through the database once a
second. What that promises, and how far it is off, docs/decisions/0012-limits-on-clients.md says.
"""
