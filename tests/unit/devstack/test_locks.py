"""The lock files: whoever installs them a year from now gets what was tested, and resolves nothing."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ("requirements.txt", "requirements-devstack.txt", "requirements-dev.txt")


def pins(lock: str) -> dict[str, Requirement]:
    """What a lock file pins for this Python, by canonical name."""
    lines = [line.rstrip(" \\") for line in (ROOT / lock).read_text().splitlines() if "==" in line]
    requirements = [Requirement(line) for line in lines if not line.startswith((" ", "#"))]
    return {
        canonicalize_name(requirement.name): requirement
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


def needs(pin: Requirement) -> Iterator[Requirement]:
    """What a pinned package requires, its extras included."""
    try:
        required = distribution(pin.name).requires or []
    except PackageNotFoundError:
        pytest.fail(f"{pin} is locked and not installed")
    for requirement in map(Requirement, required):
        extras = ["", *pin.extras]
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_all_that_its_packages_need(lock):
    """pip looks for the newest release of what is not pinned with the extras that somebody asks for."""
    locked = pins(lock)

    missing = [
        f"{pin.name} needs {needed}"
        for pin in locked.values()
        for needed in needs(pin)
        if (found := locked.get(canonicalize_name(needed.name))) is None
        or not needed.extras <= found.extras
        or not needed.specifier.contains(next(iter(found.specifier)).version, prereleases=True)
    ]

    assert missing == []
    assert len(locked) > 15


def test_all_locks_agree():
    """They are installed into one environment."""
    dev = pins("requirements-dev.txt")

    assert [pin for lock in LOCKS for name, pin in pins(lock).items() if dev[name].specifier != pin.specifier] == []
