"""Bare hops: what is the least between an order and its invoice. A POST and three of them lie in between.

A hop is one small record produced, consumed, and its offset committed, by the product's transport with its settings, at
rest. Nothing is handled, and no database is asked.
"""

import json
import os
import sys

from benchmarks.instance import Instance
from benchmarks.servers import Servers
from devstack.product import PYTHON

PAUSE = 0.2  # seconds between two, and between orders at rest


def measure_bare_hops(servers: Servers, ours: Instance, count: int) -> list[float]:
    """Milliseconds of so many hops, one after the other, by a process of its own beside a running instance.

    Raises:
        DevstackError: it failed.
    """
    argv = (PYTHON, "-m", "benchmarks.bare_hops", str(count))
    quiet = ours.environment | {"LOG_LEVEL": "ERROR"}
    hops: list[float] = json.loads(servers.run("bare-hops", argv, quiet))
    return hops


def main() -> None:
    """Print the milliseconds as JSON."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from benchmarks.hopping import hops

    print(json.dumps(hops(int(sys.argv[1]))))


if __name__ == "__main__":
    main()
