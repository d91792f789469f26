"""Validating documents by the official rules: EN 16931, Peppol BIS 3, XRechnung (phive), Factur-X and PDF/A (Mustang).

The jars come from Maven Central, once for each user. One JVM validates everything: what takes time is its start.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.files import build_folder, read_lock
from devstack.kafka.java import find_java
from devstack.locking import hold
from devstack.maven import fetch_jars

FOLDER = Path(__file__).parent
LOCK = FOLDER / "jars.lock"
SOURCE = FOLDER / "Validate.java"
TIMEOUT = 300  # seconds

Job = tuple[str, Path]  # the kind that Validate.java knows, and a file


def require_java() -> None:
    """Skip the test, with a word, where no Java is that the validators could run in; in CI it fails."""
    try:
        find_java()
    except DevstackError as error:
        if "CI" in os.environ:
            raise
        pytest.skip(f"no Java that the validators could run in: {error}")


def validate(jobs: Sequence[Job], folder: Path) -> Mapping[Path, str]:
    """The verdict on each file: its errors, or "valid".

    Args:
        folder: for what Java makes on the way.

    Raises:
        DevstackError: there is no Java, or a jar cannot be fetched.
    """
    java, jars = find_java(), fetched_jars()
    _compile(java, jars, folder)
    listing = folder / "jobs.txt"
    listing.write_text("".join(f"{kind}\t{path}\n" for kind, path in jobs), encoding="utf-8")
    class_path = os.pathsep.join([str(folder), *map(str, _libraries(jars))])
    # Most of the time Java compiles code that runs once: its quick compiler does.
    output = _run(
        java,
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        class_path,
        "Validate",
        str(_jar(jars, "Mustang-CLI")),
        str(listing),
    )
    lines = (line.split("\t", maxsplit=1) for line in output.splitlines())
    return {Path(path): found for path, found in lines}


def fetched_jars() -> Path:
    """The folder of the jars; another lock file, another folder."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orderflow-devstack"
    folder = base / f"validators-{sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    base.mkdir(parents=True, exist_ok=True)
    with hold(base / "validators.lock"):
        build_folder(folder, partial(fetch_jars, wanted=read_lock(LOCK), what="What validates documents"))
    return folder


def _compile(java: Path, jars: Path, folder: Path) -> None:
    """By Eclipse's compiler: a Java that only runs programs has none."""
    class_path = os.pathsep.join(map(str, _libraries(jars)))
    _run(java, "-jar", str(_jar(jars, "ecj")), "-17", "-nowarn", "-cp", class_path, "-d", str(folder), str(SOURCE))


def _libraries(jars: Path) -> list[Path]:
    """All but the programs, which have libraries of their own in them."""
    return sorted(jar for jar in jars.glob("*.jar") if not jar.name.startswith(("Mustang-CLI", "ecj")))


def _jar(jars: Path, name: str) -> Path:
    (jar,) = jars.glob(f"{name}-*.jar")
    return jar


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout
