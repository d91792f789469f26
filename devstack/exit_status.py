"""How commands end."""

import sys
from collections.abc import Callable

from devstack.errors import DevstackError
from devstack.processes.signals import Stopped, stop_on_signals


def exit_status(
    work: Callable[[], int], *, name: str, errors: tuple[type[Exception], ...] = (DevstackError,), failed: int
) -> int:
    """What `work` answers; `failed` after one of `errors`, which is one message; 128 + the signal that stopped it."""
    stop_on_signals()
    try:
        return work()
    except errors as error:
        print(f"{name}: {error}", file=sys.stderr)
        return failed
    except Stopped as stopped:
        return 128 + stopped.signum
