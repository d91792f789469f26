#!/usr/bin/env python
"""Django's command line: `manage.py help` lists what Orderflow adds."""

import os
import sys

from common.streams import end_interrupted, forget_stdout, open_closed_streams
from config.settings_module import choose_settings, require_settings


def main() -> None:
    choose_settings()
    open_closed_streams()
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # the web server's own: consumers and relays count by themselves
    try:
        _run()
    except KeyboardInterrupt:  # while everything is loaded, or in a command of Django's; ours say it themselves
        end_interrupted()
    except BrokenPipeError:
        forget_stdout()
        sys.exit(1)


def _run() -> None:
    """Run the command. What takes long to load is imported here, where Ctrl-C is expected."""
    from django.core.management import execute_from_command_line
    from django.db import Error

    from common.database_problems import database_problem
    from common.postgres import is_unavailable

    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except ImportError:
        require_settings()  # those of --settings, which Django reads
        raise
    except Error as error:  # in a command of Django's; ours say it themselves
        if not is_unavailable(error):
            raise
        sys.exit(f"orderflow: {database_problem(error)}")


if __name__ == "__main__":
    main()
