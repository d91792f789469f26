import hashlib
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.kafka.jars import has_all_jars, jars_folder, locked
from devstack.maven import fetch_jar

GOOD = b"a jar"
CHECKSUM = hashlib.sha256(GOOD).hexdigest()


class Repository:
    """Stands for jgo's context: hands out what it is told to, one download after the other."""

    def __init__(self, folder: Path, *downloads: bytes | Exception) -> None:
        self.cached_path = folder / "library-1.jar"
        self._downloads = list(downloads)

    def project(self, _group: str, _name: str) -> "Repository":
        return self

    def at_version(self, _version: str) -> "Repository":
        return self

    def artifact(self) -> "Repository":
        return self

    def resolve(self) -> Path:
        if not self.cached_path.exists():
            download = self._downloads.pop(0)
            if isinstance(download, Exception):
                raise download
            self.cached_path.write_bytes(download)
        return self.cached_path


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "jars"
    folder.mkdir()
    return folder


def fetch(tmp_path, folder, *downloads):
    fetch_jar(Repository(tmp_path, *downloads), folder, "A library", "org.example:library:1", CHECKSUM)


def test_a_broken_download_is_fetched_again(tmp_path, folder):
    fetch(tmp_path, folder, GOOD[:2], OSError("reset"), GOOD)

    assert (folder / "library-1.jar").read_bytes() == GOOD


def test_a_jar_with_another_checksum_is_refused(tmp_path, folder):
    with pytest.raises(DevstackError, match=r"org\.example:library:1.*checksum"):
        fetch(tmp_path, folder, *[b"another jar"] * 9)

    assert not list(folder.iterdir())


def test_a_repository_out_of_reach_is_said(tmp_path, folder):
    with pytest.raises(DevstackError, match="unreachable"):
        fetch(tmp_path, folder, *[OSError("unreachable")] * 9)


def test_a_cache_that_lost_a_jar_is_not_complete(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    jars_folder().mkdir(parents=True)
    for number in range(len(locked())):
        (jars_folder() / f"{number}.jar").touch()
    assert has_all_jars()

    (jars_folder() / "0.jar").unlink()

    assert not has_all_jars()


def test_the_lock_file_names_the_broker_and_one_version_of_the_client():
    coordinates = list(locked())

    assert "org.apache.kafka:kafka_2.13:4.4.0" in coordinates
    assert [each for each in coordinates if ":kafka-clients:" in each] == ["org.apache.kafka:kafka-clients:4.4.0"]
