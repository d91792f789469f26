#!/usr/bin/env python
"""Django's command line: `manage.py help` lists what Orderflow adds."""

import os
import sys
from argparse import ArgumentError, ArgumentParser
from contextlib import suppress

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
    from django.core.management.base import handle_default_options
    from django.db import Error

    from common.database_problems import database_problem
    from common.postgres import is_unavailable

    options = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    options.add_argument("--settings")
    options.add_argument("--pythonpath")
    with suppress(ArgumentError):  # Django reads them again, and says it
        handle_default_options(options.parse_known_args(sys.argv[2:])[0])
    require_settings()
    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except Error as error:  # in a command of Django's; ours say it themselves
        if not is_unavailable(error):
            raise
        sys.exit(f"orderflow: {database_problem(error)}")


if __name__ == "__main__":
    main()
