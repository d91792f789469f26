"""The folder `.devstack/`: everything that `make run` keeps."""

import os
import secrets
from pathlib import Path

from devstack.errors import DevstackError
from devstack.files import read_json, remove_folder, write_json
from devstack.locking import Lock
from devstack.ports import free_port

NAME = ".devstack"


class Home:
    """The folder's paths, and the ports and secrets that stay the same on the next start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = folder / "processes.json"
        self.logs = folder / "logs"
        self.static = folder / "static"
        self.demo = folder / "demo.json"
        self._secrets = folder / "secrets.json"
        self._lock = Lock(folder / "lock")

    def claim(self) -> None:
        """Make the folder and lock it until this process ends.

        Raises:
            DevstackError: another process has it.
        """
        self.folder.mkdir(mode=0o755, exist_ok=True)
        if not self._lock.acquire():
            raise DevstackError(f"`make run` is already running here ({self._owner()}): stop it first")
        self._lock.write(str(os.getpid()))
        self.logs.mkdir(exist_ok=True)
        self.static.mkdir(exist_ok=True)

    def delete(self) -> None:
        """Delete the folder and release the lock."""
        remove_folder(self.folder)
        self._lock.release()

    def port(self, name: str) -> int:
        """The port that `name` had last time, or another one if it is taken."""
        ports = read_json(self.folder / "ports.json")
        port = free_port(ports.get(name))
        if ports.get(name) != port:
            write_json(self.folder / "ports.json", ports | {name: port})
        return port

    def secret(self, name: str) -> str:
        """A random string, made once for this folder."""
        kept = read_json(self._secrets)
        if name not in kept:
            kept[name] = secrets.token_urlsafe(32)
            write_json(self._secrets, kept)
        return str(kept[name])

    def known_secret(self, name: str) -> str:
        """`secret`, or "" if it was never made."""
        return str(read_json(self._secrets).get(name, ""))

    def log(self, name: str) -> Path:
        """The log of a process."""
        return self.logs / f"{name}.log"

    def _owner(self) -> str:
        owner = (self.folder / "lock").read_text(encoding="utf-8").strip()
        return f"process {owner}" if owner else "another process"
