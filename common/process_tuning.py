"""What Linux and Python do around each piece of work, and a process that does a thousand a second need not."""

import gc
import os
from contextlib import suppress
from pathlib import Path

_GARBAGE = 10_000  # objects after which the youngest are looked through; Python's own is 700


def tune() -> None:
    """Call once, when all modules are loaded, and before the process starts threads."""
    _let_others_finish()
    _spare_what_stays()


def _let_others_finish() -> None:
    """Have Linux wake the threads of this process without interrupting who runs, be it one of them or PostgreSQL.

    A request wakes half a dozen threads, none of which can go on before the one that woke it lets go of the GIL. At 32
    clients a third of all orders more is accepted on two cores. Threads that start later inherit it.
    """
    if hasattr(os, "SCHED_BATCH"):
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError):  # it has ended, or a container forbids it
                os.sched_setscheduler(int(thread.name), os.SCHED_BATCH, os.sched_param(0))


def _spare_what_stays() -> None:
    """Let the garbage collector pass over all that was loaded, and look less often for what is left behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)
