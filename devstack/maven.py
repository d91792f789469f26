"""Downloading jars from Maven Central, by a lock file whose lines have a coordinate and a SHA-256 each."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import Artifact, MavenContext

from devstack.errors import DevstackError
from devstack.files import remove_folder

ATTEMPTS = 3


def fetch_jars(folder: Path, wanted: Mapping[str, str], *, what: str) -> None:
    """Download jars into a folder.

    Args:
        wanted: the SHA-256 of each by its coordinate: group:name:version, and a classifier if it has one.
        what: the name of what they are for, in an error.

    Raises:
        DevstackError: one cannot be downloaded, or has another checksum.
    """
    repository = folder / "repository"
    with ThreadPoolExecutor(8) as pool:
        fetch_one = partial(fetch_jar, maven_context(repository), folder, what)
        list(pool.map(fetch_one, wanted.keys(), wanted.values()))
    remove_folder(repository)


def fetch_jar(context: MavenContext, folder: Path, what: str, coordinate: str, checksum: str) -> None:
    """Download one jar; a broken download is tried again."""
    group, name, version, *classifier = coordinate.split(":")
    artifact = context.project(group, name).at_version(version).artifact(*classifier)
    problem = "its checksum is wrong"
    for _ in range(ATTEMPTS):
        try:
            jar = artifact.resolve()
        except (requests.RequestException, OSError, RuntimeError) as error:
            problem = str(error)
        else:
            if checksum_of(jar) == checksum:
                jar.rename(folder / jar.name)
                return
        _forget(artifact)
    raise DevstackError(f"{what} cannot be fetched: {coordinate}: {problem}")


def maven_context(repository: Path) -> MavenContext:
    """The Maven repositories of this user's settings, by default Maven Central."""
    remotes = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    return MavenContext(repo_cache=repository, remote_repos=remotes)


def checksum_of(jar: Path) -> str:
    return hashlib.sha256(jar.read_bytes()).hexdigest()


def _forget(artifact: Artifact) -> None:
    if broken := artifact.cached_path:
        broken.unlink(missing_ok=True)
