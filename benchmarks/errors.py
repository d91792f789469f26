"""The error of benchmarks."""


class BenchmarkError(Exception):
    """The benchmark can't go on; the message says why."""
