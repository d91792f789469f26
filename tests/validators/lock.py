"""Writes jars.lock anew from pom.xml: `python -m tests.validators.lock`. It takes Maven, which the tests do not."""

import re
import subprocess
import tempfile
from pathlib import Path

from devstack.maven import checksum_of, maven_context

FOLDER = Path(__file__).parent
LOCK = FOLDER / "jars.lock"
# All that it needs is in the one jar, and the POM that its own names is not to be had.
MUSTANG = ("org.mustangproject", "Mustang-CLI", "2.26.0")
JAR = re.compile(r"\s*([^:\s]+):([^:]+):jar:(?:([^:]+):)?([^:]+):\w+:(\S+\.jar)\b.*")


def resolved() -> str:
    """What Maven says that pom.xml takes, one jar a line."""
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder, "list.txt")
        options = ("-DincludeScope=runtime", "-DoutputAbsoluteArtifactFilename=true", f"-DoutputFile={listing}")
        subprocess.run(["mvn", "-q", "-B", "-f", FOLDER / "pom.xml", "dependency:list", *options], check=True)
        return listing.read_text(encoding="utf-8")


def locked(listing: str) -> list[str]:
    lines = []
    for group, name, classifier, version, path in JAR.findall(listing):
        coordinate = ":".join(filter(None, (group, name, version, classifier)))
        lines.append(f"{coordinate} {checksum_of(Path(path))}")
    return lines


def mustang() -> str:
    group, name, version = MUSTANG
    with tempfile.TemporaryDirectory() as folder:
        jar = maven_context(Path(folder)).project(group, name).at_version(version).artifact().resolve()
        return f"{group}:{name}:{version} {checksum_of(jar)}"


if __name__ == "__main__":
    LOCK.write_text("\n".join(sorted([*locked(resolved()), mustang()])) + "\n", encoding="utf-8")
