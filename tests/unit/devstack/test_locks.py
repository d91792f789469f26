"""The lock files: whoever installs them a year from now gets what was tested, and resolves nothing."""

import ast
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ("requirements.txt", "requirements-devstack.txt", "requirements-dev.txt")

# Whose imports each has to ask for; those of the product come with all of them.
ROOMS = {
    "requirements.txt": (
        *("api", "backoffice", "common", "config", "inventory", "invoicing"),
        *("messaging", "operations", "orders", "serving"),
    ),
    "requirements-devstack.txt": ("devstack",),
    "requirements-dev.txt": ("tests", "benchmarks"),
}


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


def requirements(file: Path) -> Iterator[Requirement]:
    """What a file asks for, with the files that it names."""
    for line in file.read_text().splitlines():
        if line.startswith("-r "):
            yield from requirements(file.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            yield Requirement(line)


def python_files(room: str) -> Iterator[Path]:
    return (ROOT / room).rglob("*.py")


def imports(file: Path) -> Iterator[str]:
    """The packages that a file imports, by the first part of their names."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import():
                yield from (alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


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


@pytest.mark.parametrize(("lock", "rooms"), ROOMS.items())
def test_what_is_imported_is_asked_for_and_not_only_needed_by_others(lock, rooms):
    """Another version of what brought it may do without it."""
    asked = {canonicalize_name(each.name) for each in requirements(ROOT / lock.replace(".txt", ".in"))}
    brought_by = packages_distributions()
    imported = {name for room in rooms for file in python_files(room) for name in imports(file)}

    unasked = {
        f"{name} of {' or '.join(brought_by[name])}"
        for name in imported & brought_by.keys()
        if asked.isdisjoint(map(canonicalize_name, brought_by[name]))
    }

    assert unasked == set()
    assert len(asked) > 15
