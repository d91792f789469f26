"""Processes that a killed run left behind."""

from pathlib import Path


def end_recorded(registry: Path, *, grace: float) -> list[str]:
    """As `registry.clean_up`; needs no package if nothing is recorded, so that `make clean` works without .venv."""
    if not registry.exists():
        return []
    from devstack.processes.registry import clean_up

    return clean_up(registry, grace=grace)
