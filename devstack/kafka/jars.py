"""Apache Kafka's jars: which ones, with checksums (kafka_jars.lock), and where they are kept."""

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
    """Whether nothing has to be fetched."""
    return len(list(jars_folder().glob("*.jar"))) == len(locked())


def class_path() -> str:
    """All jars, for Java.

    Raises:
        DevstackError: Java would take their folder for several.
    """
    folder = jars_folder()
    if os.pathsep in str(folder):
        raise DevstackError(
            f"Java finds nothing in {folder}, whose name has a colon: set XDG_CACHE_HOME to another folder"
        )
    return f"{folder}/*"


def jars_folder() -> Path:
    """Where the jars are once they were fetched, for all checkouts of this user; another lock file, another folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "orderflow-devstack" / f"kafka-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
