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

# What may not be in the path of .venv: venv and Java take a colon for the end of a path, and initdb gives the path of
# its programs to a shell in double quotes.
UNUSABLE = ':"$`\\'

# There while pip installs: what a killed pip left behind is in no known state.
INSTALLING = VENV / ".installing"
PIP = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input")


def main(requirements: Path) -> None:
    """Exits with a message if it cannot be done. Two at a time wait for each other."""
    if problem := problem_of_path(VENV.resolve(), UNUSABLE):
        sys.exit(problem)
    if sys.version_info < LEAST_PYTHON:
        found = f"{sys.executable} is {sys.version.split()[0]}"
        sys.exit(f"Python 3.11 or later is needed, and {found}. Name another: make run PYTHON=python3.12")
    # Python's own way out on Ctrl-C: pip is ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    checkout = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(checkout, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Waiting for another installation into .venv")
        fcntl.flock(checkout, fcntl.LOCK_EX)
    ensure_installed(requirements)


def problem_of_path(path: Path, unusable: str = "") -> str:
    """What keeps programs from working in this folder, in one line; empty if nothing does."""
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
        # What an earlier lock had installed, and this one no longer names, may not go with it.
        say("The packages do not go with those that are there: making .venv again")
        shutil.rmtree(VENV)
        ensure_venv()
        problem = install(requirements)
    if problem:
        sys.exit(problem)
    stamp.write_text(wanted)
    say(f"Installing the packages of {requirements.name}: {time.monotonic() - began:.1f} s")


def install(requirements: Path) -> str:
    """Install what the lock pins and nothing else; what is wrong then, or an empty string.

    pip must not resolve anything: a lock that misses a pin would install whatever was released last, or nothing.
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
    """Changes with the requirements, and with the Python that the packages were chosen for."""
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()


def ensure_venv() -> None:
    """A .venv whose pip works; one that was left half-made is made again."""
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
    """Tell the person at the terminal."""
    print(message, flush=True)


if __name__ == "__main__":
    try:
        main(ROOT / sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
