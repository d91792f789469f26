"""Processes for the tests; whatever they leave behind is ended."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack.processes.command import Command
from devstack.processes.process import Process
from devstack.processes.registry import Registry
from tests.unit.devstack.programs import SLEEP, python

MakeProcess = Callable[..., Process]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry(tmp_path / "processes.json")
    registry.open()
    yield registry
    registry.close()


@pytest.fixture
def make_process(tmp_path: Path, registry: Registry) -> Iterator[MakeProcess]:
    """A process that runs a piece of Python; not started."""
    made: list[Process] = []

    def make(code: str = SLEEP, name: str = "sleeper", **options: object) -> Process:
        made.append(Process(Command(name, python(code), tmp_path / f"{name}.log", **options), registry))
        return made[-1]

    yield make
    for process in made:
        process.stop(0)
