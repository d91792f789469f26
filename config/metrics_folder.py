"""Where all workers of a web server count, so that each of them can tell what all have counted."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory


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
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = name
        yield
