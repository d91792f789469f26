"""The first `make` in a new checkout, by a real pip from the real package index."""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OLDEST_PIP = "pip==22.3"  # came with Python 3.11.0
LOCKS = ("requirements.txt", "requirements-devstack.txt", "requirements-dev.txt")


@pytest.fixture
def checkout(tmp_path) -> Path:
    """The part of a checkout that installing needs, with an empty .venv that has the oldest pip of Python 3.11."""
    (tmp_path / "devstack").mkdir()
    for name in ("devstack/bootstrap.py", *LOCKS):
        shutil.copy(ROOT / name, tmp_path / name)
    venv.create(tmp_path / ".venv", with_pip=True)
    subprocess.run([tmp_path / ".venv/bin/pip", "install", "--quiet", OLDEST_PIP], check=True, capture_output=True)
    return tmp_path


def install(checkout: Path, lock: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, checkout / "devstack/bootstrap.py", lock]
    environment = os.environ | {"PIP_NO_CACHE_DIR": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_oldest_pip_of_python_311_installs_every_lock(checkout):
    for lock in LOCKS:
        done = install(checkout, lock)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout

    versions = subprocess.run([checkout / ".venv/bin/pip", "--version"], capture_output=True, text=True, check=True)
    assert versions.stdout.startswith("pip 22.3 ")


def test_a_lock_that_misses_a_pin_is_not_completed_by_whatever_is_the_newest(checkout):
    lock = checkout / "requirements.txt"
    whole = lock.read_text()
    (entry,) = re.findall(r"^djangorestframework==(?:.*\n)+?(?=\S|\Z)", whole, flags=re.MULTILINE)
    lock.write_text(entry)

    done = install(checkout, lock.name)

    assert done.returncode == 1
    assert "requirements.txt is not complete (`make lock` writes it):\ndjangorestframework" in done.stderr
    assert "requires django, which is not installed" in done.stderr
