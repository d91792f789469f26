"""`make manage` and `make doctor`: commands of the product, for the servers of the environment or of `make run`."""

import os
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

from devstack import product
from devstack.errors import DevstackError
from devstack.files import read_json
from devstack.home import NAME, Home

_ADDRESSES = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS")
_SERVERS = (*_ADDRESSES, "KAFKA_TOPIC_REPLICATION")


def manage(root: Path, command: Sequence[str]) -> int:
    """Run a command of manage.py with the settings of `make run`, where the environment has no others.

    Returns:
        Its exit status.

    Raises:
        DevstackError: neither are there settings in the environment, nor was `make run` ever started.
    """
    home = Home(root / NAME)
    servers = _servers(home)
    if not all(name in servers for name in _ADDRESSES):
        raise DevstackError("set DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS, or start `make run` first")
    settings = product.environment(secret_key=home.known_secret("secret_key") or _any_key(), static=home.static)
    return subprocess.run(
        product.manage(*command), cwd=root, env=os.environ | settings | servers, check=False
    ).returncode


def _servers(home: Home) -> dict[str, str]:
    """The settings of the servers: each of the environment, or else of `make run`."""
    known = read_json(home.demo)
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        known.pop("kafka_topic_replication", None)  # of a Kafka of its own
    found = {name: os.environ.get(name) or known.get(name.lower()) for name in _SERVERS}
    return {name: str(value) for name, value in found.items() if value}


def _any_key() -> str:
    return secrets.token_urlsafe(48)
