"""The common part of the commands of this folder."""

import sys
from collections.abc import Callable

from benchmarks.errors import BenchmarkError
from devstack.console import Say, speaker
from devstack.errors import DevstackError
from devstack.exit_status import exit_status


def run_command(work: Callable[[Say], int], *, name: str = "benchmarks") -> int:
    """The exit status of `work`, which gets a function for messages; 2 after an error, which is printed in one line."""
    return exit_status(lambda: work(speaker(sys.stderr)), name=name, errors=(BenchmarkError, DevstackError), failed=2)
