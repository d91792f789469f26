"""Rate limits of clients, if settings.API_RATE_LIMIT is set.

Each process decides in memory, and synchronises with the others through the database once a second.
docs/decisions/0012-limits-on-clients.md says how exact that is.
"""
