"""Where all workers of a web server count, so that each of them can tell what all have counted."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import disk_usage
from tempfile import TemporaryDirectory

# Bytes that must be free. prometheus_client maps its files into memory, and a worker that writes where the disk has no
# room for them is killed by SIGBUS, each time again, and says nothing.
_ROOM = 4 * 1024 * 1024
_ROOM_OF_A_WORKER = 1024 * 1024


@contextmanager
def metrics_folder() -> Iterator[None]:
    """Have prometheus_client count into files of a folder, in all processes that are started inside the block.

    The folder is new, so that nothing of an earlier start is counted, and goes at the end. To be entered before
    prometheus_client is imported, which decides once how it counts.
    """
    try:
        folder = TemporaryDirectory(prefix="orderflow-metrics-")
    except OSError as error:
        sys.exit(f"orderflow: the web server needs a folder for its metrics, and TMPDIR names none: {error.strerror}")
    with folder as name:
        if disk_usage(name).free < _ROOM:
            sys.exit(f"orderflow: the web server needs {_ROOM >> 20} MiB for its metrics, and {name} has less free")
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = name
        yield


def count_alone_without_room() -> None:
    """Have a worker that begins count in its own memory, if the folder has no room for its files, or is gone.

    To be called before prometheus_client is imported. Disks fill up, and cleaners of temporary files come, after the
    server has started: that its metrics are incomplete then is better than that no worker serves.
    """
    name = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    if not name:
        return
    try:
        problem = "has no room" if disk_usage(name).free < _ROOM_OF_A_WORKER else ""
    except OSError as error:
        problem = f"can't be used: {error.strerror}"
    if problem:
        del os.environ["PROMETHEUS_MULTIPROC_DIR"]
        print(f"orderflow: a worker counts by itself, as the folder of metrics {name} {problem}", file=sys.stderr)
