"""What `make run` does: start, prepare, say how to log in, and supervise until Ctrl-C."""
