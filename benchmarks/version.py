"""A version of the product: the code in a folder, with its own commands and settings."""

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from devstack.product import PYTHON

ROOT = Path(__file__).resolve().parent.parent
# Run by the version's own Python: `services` of older versions takes other parameters.
_DESCRIBE = """
import inspect, json, os, sys
from pathlib import Path
from devstack import product
given = {"port": int(sys.argv[1]), "static": Path(sys.argv[2])}
if hasattr(product, "services_here"):
    services = product.services_here(given["port"], cores=os.cpu_count() or 1)
else:
    services = product.services(**{name: given[name] for name in inspect.signature(product.services).parameters})
settings = product.environment(secret_key="only-for-benchmarks", static=given["static"])
print(json.dumps({"services": services, "settings": settings}))
"""


@dataclass(frozen=True)
class Version:
    """The code in `root`. Where that has a `.venv`, it runs with the packages of that, else with those of this process.

    Attributes:
        name: part of the names of its databases and topics; empty for this code.
    """

    name: str = ""
    root: Path = ROOT

    @property
    def python(self) -> str:
        """Its interpreter."""
        own = self.root / ".venv" / "bin" / "python"
        return str(own) if self.name and own.exists() else PYTHON

    def manage(self, *arguments: str) -> tuple[str, ...]:
        """The command line of a management command."""
        return (self.python, "manage.py", *arguments)

    def services(self, port: int) -> dict[str, tuple[str, ...]]:
        """The command lines of what `make run` keeps running here, by name.

        Raises:
            BenchmarkError: the folder has no such code.
        """
        return {name: tuple(command) for name, command in _described(self, port, Path())["services"].items()}

    def settings(self, static: Path) -> dict[str, str]:
        """The settings that `make run` gives to its processes, with an empty folder for static files.

        Raises:
            BenchmarkError: the folder has no such code.
        """
        settings: dict[str, str] = _described(self, 0, static)["settings"]
        return settings


@cache
def _described(version: Version, port: int, static: Path) -> dict[str, Any]:
    argv = (version.python, "-c", _DESCRIBE, str(port), str(static))
    child = subprocess.run(argv, cwd=version.root, capture_output=True, text=True, check=False)
    if child.returncode:
        last = (child.stderr.strip().splitlines() or ["no word why"])[-1]
        raise BenchmarkError(f"{version.root} has no Orderflow that can be run: {last}")
    described: dict[str, Any] = json.loads(child.stdout)
    return described


THIS = Version()
