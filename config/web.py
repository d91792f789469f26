"""The web server: `python -m config.web`, with the arguments of granian."""

import os
import sys
from importlib import import_module
from tempfile import TemporaryDirectory


def main() -> None:
    """Serve until a signal comes, with what all workers need in place before the first of them is started.

    They count into files of one folder, which is new and empty, so that each can tell what all have counted.
    """
    try:
        folder = TemporaryDirectory(prefix="orderflow-metrics-")
    except OSError as error:
        sys.exit(f"orderflow: the web server needs a folder for its metrics, and TMPDIR names none: {error.strerror}")
    with folder as name:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = name  # read when prometheus_client is imported
        import_module("config.settings")  # ends the server, and not each worker, where one of them is wrong
        import_module("granian.cli").entrypoint()


if __name__ == "__main__":
    main()
