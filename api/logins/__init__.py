"""Logging in by password: how often it may fail, and how much of the processor it may take.

A try is decided on before a password is hashed, which costs half a second of a core. Why it is done here and not by a
library, docs/decisions/0012-limits-on-clients.md says.
"""
