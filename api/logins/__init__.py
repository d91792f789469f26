"""Limits on log-ins by password: on failures, and on the CPU time of hashing.

Whether an attempt is allowed is decided before its password is hashed, which takes half a second of a core.
docs/decisions/0012-limits-on-clients.md says why no library is used.
"""
