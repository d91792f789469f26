"""Child processes: starting, supervising and ending them with all their descendants, also those of a crashed run."""
