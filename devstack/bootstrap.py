"""Make .venv and install the packages of one requirements file into it, unless that was done.

Run by whatever `python3` there is: `python3 devstack/bootstrap.py requirements-devstack.txt`. Standard library only.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

LEAST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

# Characters that the path of .venv may not have: venv and Java use the colon as a separator of paths, and initdb passes
# the paths of its programs to a shell in double quotes.
UNUSABLE = ':"$`\\'

# Exists while pip installs: if pip was killed, .venv is in an unknown state.
INSTALLING = VENV / ".installing"
PIP = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input")


def main(requirements: Path) -> None:
    """Install the requirements, or exit with a message. Two installations at a time wait for each other."""
    if problem := problem_of_path(VENV.resolve(), UNUSABLE):
        sys.exit(problem)
    if sys.version_info < LEAST_PYTHON:
        found = f"{sys.executable} is {sys.version.split()[0]}"
        sys.exit(f"Python 3.11 or later is needed, and {found}. Name another: make run PYTHON=python3.12")
    # As on Ctrl-C: KeyboardInterrupt, which ends pip too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    checkout = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(checkout, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Waiting for another installation into .venv")
        fcntl.flock(checkout, fcntl.LOCK_EX)
    ensure_installed(requirements)


def problem_of_path(path: Path, unusable: str = "") -> str:
    """Why programs can't run in this folder, in one line; empty if they can."""
    try:
        name = os.fsencode(path).decode()
    except UnicodeDecodeError:
        return f"nothing can run in {str(path)!a}, which is not UTF-8: rename or move the folder"
    if bad := sorted({letter for letter in name if letter in unusable or unicodedata.category(letter) == "Cc"}):
        return f"nothing can run in {name!r} because of {' '.join(map(repr, bad))} in it: rename or move the folder"
    return ""


def ensure_installed(requirements: Path) -> None:
    """Do nothing if exactly these requirements were installed by this Python; repair what was interrupted."""
    stamp, wanted = VENV / f".installed-{requirements.stem}", fingerprint(requirements)
    known = stamp.exists() and stamp.read_text() == wanted
    if known and PYTHON.exists() and not INSTALLING.exists():
        return
    has_others, began = any(VENV.glob(".installed-*")), time.monotonic()
    ensure_venv()
    say(f"Installing the packages of {requirements.name}; the first time takes a minute")
    problem = install(requirements)
    if problem and has_others:
        # Packages of an earlier lock that this one no longer names may conflict with it.
        say("The packages conflict with those that are installed: making .venv again")
        shutil.rmtree(VENV)
        ensure_venv()
        problem = install(requirements)
    if problem:
        sys.exit(problem)
    stamp.write_text(wanted)
    say(f"Installing the packages of {requirements.name}: {time.monotonic() - began:.1f} s")


def install(requirements: Path) -> str:
    """Install exactly what the lock pins; returns the problem, or an empty string.

    pip must not resolve dependencies: where the lock misses a pin, it would install whatever was released last.
    """
    INSTALLING.touch()
    failed = subprocess.call([*PIP, "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(requirements)])
    checked = subprocess.run([*PIP, "check"], check=False, capture_output=True, text=True)
    INSTALLING.unlink()
    if failed:
        return f"{requirements.name} could not be installed: pip says why above. Then run `make` again."
    if checked.returncode:
        return f"{requirements.name} is not complete (`make lock` writes it):\n{checked.stdout.strip()}"
    return ""


def fingerprint(requirements: Path) -> str:
    """A hash of the requirements and of the Python version that the packages were chosen for."""
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()


def ensure_venv() -> None:
    """Make .venv, unless there is one whose pip works; an incomplete one is made again."""
    if INSTALLING.exists():
        say("The last installation was interrupted: making .venv again")
        shutil.rmtree(VENV)
    if works():
        return
    say("Making .venv")
    for options in ([], ["--clear"]):
        command = [sys.executable, "-m", "venv", *options, str(VENV)]
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        if made.returncode == 0 and works():
            return
    sys.exit(f"A virtual environment could not be made in {VENV}:\n{made.stdout}{made.stderr}")


def works() -> bool:
    """Whether .venv has a pip that runs."""
    try:
        return subprocess.run([*PIP, "--version"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def say(message: str) -> None:
    """Print a line."""
    print(message, flush=True)


if __name__ == "__main__":
    try:
        main(ROOT / sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
