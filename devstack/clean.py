"""`make clean`."""

from pathlib import Path

from devstack.console import Say
from devstack.home import NAME, Home
from devstack.leftovers import end_recorded
from devstack.processes.abandoned import clean_up_abandoned


def clean(root: Path, say: Say) -> int:
    """End leftover processes, and delete `.devstack/` and abandoned test stacks.

    Raises:
        DevstackError: `make run` is running here.
    """
    clean_up_abandoned(root, say)
    home = Home(root / NAME)
    if home.folder.exists():
        home.claim()
        if left := end_recorded(home.registry, grace=2.0):
            say(f"Ended: {', '.join(left)}")
        home.delete()
        say(f"Deleted {NAME}/")
    return 0
