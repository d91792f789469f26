"""`make doctor`: looks at the servers of the environment, or at those that `make run` has started."""

import os
import secrets
import subprocess
from pathlib import Path

from devstack import product
from devstack.errors import DevstackError
from devstack.files import read_json
from devstack.home import NAME, Home


def doctor(root: Path) -> int:
    """The exit status of `manage.py doctor`.

    Raises:
        DevstackError: neither are there settings in the environment, nor was `make run` ever started.
    """
    home = Home(root / NAME)
    known = read_json(home.demo)
    addresses = {
        name: os.environ.get(name) or known.get(name.lower()) for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS")
    }
    if not all(addresses.values()):
        raise DevstackError("set DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS, or start `make run` first")
    settings = product.environment(secret_key=secrets.token_urlsafe(48), static=home.static)
    found = {name: str(value) for name, value in addresses.items()}
    return subprocess.run(product.manage("doctor"), cwd=root, env=os.environ | settings | found, check=False).returncode
