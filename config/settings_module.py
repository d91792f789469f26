"""Which module the settings are: config.settings, unless DJANGO_SETTINGS_MODULE names others."""

import os
import sys
from importlib.util import find_spec

_VARIABLE = "DJANGO_SETTINGS_MODULE"
_OURS = "config.settings"


def choose_settings() -> None:
    """Have the variable name our settings where it names none; an empty one counts as not set."""
    os.environ[_VARIABLE] = os.environ.get(_VARIABLE) or _OURS


def require_settings() -> None:
    """End the process with one line where the variable names settings that are not there.

    It may be of another program, which left it in the environment.
    """
    name = os.environ[_VARIABLE]
    try:
        is_there = find_spec(name) is not None
    except (ImportError, ValueError):  # nor is the package in which it would be
        is_there = False
    if not is_there:
        sys.exit(f"orderflow: {_VARIABLE}, or --settings, names {name!r}, which is not there: leave it out")
