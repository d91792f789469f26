"""Processes: starting, watching and ending them with all their descendants, and knowing them again after a crash."""
