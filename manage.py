#!/usr/bin/env python
"""Django's command line: `manage.py help` lists what Orderflow adds."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import Error

from common.database_problems import database_problem
from common.postgres import is_unavailable


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # the web server's own: consumers and relays count by themselves
    try:
        execute_from_command_line(sys.argv)
    except Error as error:  # in a command of Django's; ours say it themselves
        if not is_unavailable(error):
            raise
        sys.exit(f"orderflow: {database_problem(error)}")


if __name__ == "__main__":
    main()
