"""What the commands of this folder do alike."""

import sys
from collections.abc import Callable

from benchmarks.errors import BenchmarkError
from devstack.console import Say, speaker
from devstack.errors import DevstackError
from devstack.signals import Stopped, stop_on_signals


def run_command(work: Callable[[Say], int], *, name: str = "benchmarks") -> int:
    """The exit status of `work`, which may speak; 2 if there was an error, which is said in one line."""
    stop_on_signals()
    try:
        return work(speaker(sys.stderr))
    except (BenchmarkError, DevstackError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except Stopped as stopped:
        return 128 + stopped.signum
