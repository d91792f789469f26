"""Telling Prometheus of the pipeline as a whole, and of processes that serve no HTTP otherwise."""
