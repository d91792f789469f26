"""Which module the settings are: config.settings, unless DJANGO_SETTINGS_MODULE names others."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec

from django.core.exceptions import AppRegistryNotReady

_VARIABLE = "DJANGO_SETTINGS_MODULE"
_OURS = "config.settings"


def choose_settings() -> None:
    """Have the variable name our settings where it names none; an empty one counts as not set."""
    os.environ[_VARIABLE] = os.environ.get(_VARIABLE) or _OURS


def require_settings() -> None:
    """End the process with one line where the variable names a module that is not there, or that is not our settings.

    It may be of another program, which left it in the environment. Settings of one's own may add to ours.
    """
    name = os.environ[_VARIABLE]
    if name != _OURS and (problem := _problem_of(name)):
        sys.exit(f"orderflow: {_VARIABLE}, or --settings, names {name!r}, which {problem}: leave it out")


def _problem_of(name: str) -> str | None:
    try:
        if find_spec(name) is None:
            return "is not there"
    except (ImportError, ValueError, TypeError):  # nor is the package in which it would be, or it begins with a dot
        return "is not there"
    try:
        apps = getattr(import_module(name), "INSTALLED_APPS", ())
    except (AppRegistryNotReady, RuntimeError):  # it is of our code, which is loaded once there are settings
        apps = ()
    return None if "operations" in apps else "has no settings of Orderflow"
