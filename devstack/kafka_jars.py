"""Apache Kafka's jars: which ones (kafka_jars.lock, with checksums), and how they get here.

`python -m devstack.kafka_jars` resolves them anew and writes the lock file.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import Artifact, MavenContext
from jgo.parse import Coordinate

from devstack.console import Say, silent
from devstack.errors import DevstackError
from devstack.files import build_folder
from devstack.locking import hold

# The mark `!` keeps one coordinate from dictating the versions of the other's dependencies.
ROOTS = ("org.apache.kafka:kafka_2.13:4.4.0!", "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3!")
LOCK = Path(__file__).with_name("kafka_jars.lock")
ATTEMPTS = 3


def kafka_jars(say: Say = silent) -> Path:
    """The folder with all jars, fetched into the user's cache if they are not there yet.

    Raises:
        DevstackError: they cannot be fetched.
    """
    wanted = dict(_locked())
    folder = _cache() / f"kafka-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with hold(folder.with_name("lock")):
            if not folder.exists():
                say(f"Fetching Apache Kafka ({len(wanted)} jars, 44 MB, once for this user)")
                build_folder(folder, partial(_fetch_all, wanted))
    return folder


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "orderflow-devstack"


def _locked() -> Iterator[tuple[str, str]]:
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        coordinate, checksum = line.split()
        yield coordinate, checksum


def _context(repository: Path) -> MavenContext:
    remotes = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    return MavenContext(repo_cache=repository, remote_repos=remotes)


def _fetch_all(wanted: dict[str, str], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as repository, ThreadPoolExecutor(8) as pool:
        fetch = partial(_fetch, _context(Path(repository)), folder)
        list(pool.map(fetch, wanted.keys(), wanted.values()))


def _fetch(context: MavenContext, folder: Path, coordinate: str, checksum: str) -> None:
    """Fetch one jar; a broken download is tried again."""
    group, name, version = coordinate.split(":")
    artifact = context.project(group, name).at_version(version).artifact()
    problem = "its checksum is wrong"
    for _ in range(ATTEMPTS):
        try:
            jar = artifact.resolve()
        except (requests.RequestException, OSError, RuntimeError) as error:
            problem = str(error)
        else:
            if _checksum(jar) == checksum:
                jar.rename(folder / jar.name)
                return
        _forget(artifact)
    raise DevstackError(f"Apache Kafka cannot be fetched: {coordinate}: {problem}")


def _forget(artifact: Artifact) -> None:
    if broken := artifact.cached_path:
        broken.unlink(missing_ok=True)


def _checksum(jar: Path) -> str:
    return hashlib.sha256(jar.read_bytes()).hexdigest()


def _resolve(context: MavenContext) -> list[Artifact]:
    roots = [replace(Coordinate.parse(root), scope="compile") for root in ROOTS]
    direct, transitive = context.resolver.resolve([context.create_dependency(root) for root in roots])
    needed = [dependency for dependency in transitive if dependency.scope in ("compile", "runtime")]
    return [dependency.artifact for dependency in [*direct, *needed]]


def write_lock() -> None:
    """Resolve `ROOTS` and write every jar with its checksum to the lock file."""
    with tempfile.TemporaryDirectory() as repository:
        artifacts = _resolve(_context(Path(repository)))
        lines = [f"{jar.groupId}:{jar.artifactId}:{jar.version} {_checksum(jar.resolve())}" for jar in artifacts]
    LOCK.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    write_lock()
