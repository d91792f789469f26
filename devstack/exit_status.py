"""The exit status of commands."""

import sys
from collections.abc import Callable

from devstack.errors import DevstackError
from devstack.processes.signals import Stopped, stop_on_signals


def exit_status(
    work: Callable[[], int], *, name: str, errors: tuple[type[Exception], ...] = (DevstackError,), failed: int
) -> int:
    """The exit status of a command: what `work` returns, `failed` after one of `errors`, whose message is printed, or
    128 + the signal that stopped it."""
    stop_on_signals()
    try:
        return work()
    except errors as error:
        print(f"{name}: {error}", file=sys.stderr)
        return failed
    except Stopped as stopped:
        return 128 + stopped.signum
