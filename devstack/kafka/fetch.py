"""Fetch Apache Kafka from Maven Central: `python -m devstack.kafka.fetch`.

With the argument `lock` it finds out anew which jars that takes, and writes kafka_jars.lock.
"""

import hashlib
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import Artifact, MavenContext
from jgo.parse import Coordinate

from devstack.errors import DevstackError
from devstack.files import build_folder, remove_folder
from devstack.kafka.jars import LOCK, has_all_jars, jars_folder, locked
from devstack.locking import hold

# The mark `!` keeps one coordinate from dictating the versions of the other's dependencies.
ROOTS = ("org.apache.kafka:kafka_2.13:4.4.0!", "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3!")
ATTEMPTS = 3


def fetch() -> None:
    """Fetch every jar of the lock file, unless somebody just did.

    Raises:
        DevstackError: one cannot be fetched, or has another checksum.
    """
    folder = jars_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with hold(folder.with_name("lock")):
        if not has_all_jars():
            remove_folder(folder)
        build_folder(folder, _fetch_all)


def _context(repository: Path) -> MavenContext:
    remotes = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    return MavenContext(repo_cache=repository, remote_repos=remotes)


def _fetch_all(folder: Path) -> None:
    wanted, repository = locked(), folder / "repository"
    with ThreadPoolExecutor(8) as pool:
        fetch_one = partial(_fetch, _context(repository), folder)
        list(pool.map(fetch_one, wanted.keys(), wanted.values()))
    remove_folder(repository)


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
    try:
        write_lock() if sys.argv[1:] == ["lock"] else fetch()
    except DevstackError as error:
        sys.exit(str(error))
