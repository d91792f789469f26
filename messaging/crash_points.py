"""The named steps on the way of an event between which a process may die.

docs/spec/ has the same names in the model that is checked exhaustively; tests/e2e/test_crash_points.py kills real
processes at each of them. In production this does nothing.
"""

import os
import signal

_deadly_step = ""
_passes_left = 0


def reached(step: str) -> None:
    """Mark that this process has reached a step. It is killed here if `arm` was called for this step."""
    if step == _deadly_step:
        _die_at_the_last_pass()


def arm(crash_at: str) -> None:
    """Have this process killed by SIGKILL at a step, `name` or `name:3` for the third time that it gets there."""
    global _deadly_step, _passes_left  # noqa: PLW0603 - one process dies once
    _deadly_step, _, times = crash_at.partition(":")
    _passes_left = int(times or 1)


def _die_at_the_last_pass() -> None:
    global _passes_left  # noqa: PLW0603
    _passes_left -= 1
    if _passes_left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
