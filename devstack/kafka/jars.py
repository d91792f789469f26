"""Apache Kafka's jars: their names and checksums (kafka_jars.lock), and the folder that they are in."""

import hashlib
import os
from pathlib import Path

from devstack.errors import DevstackError
from devstack.files import read_lock

LOCK = Path(__file__).with_name("kafka_jars.lock")


def locked() -> dict[str, str]:
    """The SHA-256 of each jar by its Maven coordinate."""
    return read_lock(LOCK)


def has_all_jars() -> bool:
    """Whether all jars have been downloaded."""
    return len(list(jars_folder().glob("*.jar"))) == len(locked())


def class_path() -> str:
    """Java's class path with all jars.

    Raises:
        DevstackError: their folder has a colon in its name, which separates folders in a class path.
    """
    folder = jars_folder()
    if os.pathsep in str(folder):
        raise DevstackError(
            f"Java finds nothing in {folder}, whose name has a colon: set XDG_CACHE_HOME to another folder"
        )
    return f"{folder}/*"


def jars_folder() -> Path:
    """The folder of the jars, which all checkouts of this user with the same lock file share."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "orderflow-devstack" / f"kafka-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
