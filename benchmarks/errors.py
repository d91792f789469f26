"""What can go wrong."""


class BenchmarkError(Exception):
    """The benchmark can't go on; the message says why."""
