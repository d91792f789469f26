"""Download Apache Kafka from Maven Central: `python -m devstack.kafka.fetch`.

With the argument `lock` it resolves the jars anew, and writes kafka_jars.lock.
"""

import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from jgo.maven import Artifact, MavenContext
from jgo.parse import Coordinate

from devstack.errors import DevstackError
from devstack.files import build_folder, remove_folder
from devstack.kafka.jars import LOCK, has_all_jars, jars_folder, locked
from devstack.locking import hold
from devstack.maven import checksum_of, fetch_jars, maven_context

# `!` keeps one coordinate from determining the versions of the other's dependencies.
ROOTS = ("org.apache.kafka:kafka_2.13:4.4.0!", "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3!")


def fetch() -> None:
    """Download every jar of the lock file, unless another process has just done so.

    Raises:
        DevstackError: one cannot be downloaded, or has another checksum.
    """
    folder = jars_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with hold(folder.with_name("lock")):
        if not has_all_jars():
            remove_folder(folder)
        build_folder(folder, partial(fetch_jars, wanted=locked(), what="Apache Kafka"))


def _resolve(context: MavenContext) -> list[Artifact]:
    roots = [replace(Coordinate.parse(root), scope="compile") for root in ROOTS]
    direct, transitive = context.resolver.resolve([context.create_dependency(root) for root in roots])
    needed = [dependency for dependency in transitive if dependency.scope in ("compile", "runtime")]
    return [dependency.artifact for dependency in [*direct, *needed]]


def write_lock() -> None:
    """Resolve `ROOTS` and write every jar with its checksum to the lock file."""
    with tempfile.TemporaryDirectory() as repository:
        artifacts = _resolve(maven_context(Path(repository)))
        lines = [f"{jar.groupId}:{jar.artifactId}:{jar.version} {checksum_of(jar.resolve())}" for jar in artifacts]
    LOCK.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        write_lock() if sys.argv[1:] == ["lock"] else fetch()
    except DevstackError as error:
        sys.exit(str(error))
