"""The journey of an order over all apps: its events with who handled them and when, and what it waits for.

finding.py finds the order, events.py makes its events of what is stored about it, report.py puts all into words.
"""
