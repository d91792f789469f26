"""The table of corruptions, with the checks that must find them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Sql = Callable[..., None]
FIVE_MINUTES = timedelta(minutes=5)
NONE = timedelta(seconds=-1)  # so that what began to wait a moment ago has waited too long


@dataclass(frozen=True)
class Corruption:
    """A corruption of a healthy shop, the waiting limit of the audit, and the checks that must find it.

    `check` is the one that is there for this.
    """

    break_it: Callable[[Any, Sql], None]
    check: str
    others: frozenset[str]
    waiting_limit: timedelta

    def __str__(self) -> str:
        return self.break_it.__name__.strip("_").replace("_", " ")


CORRUPTIONS: list[Corruption] = []


def corruption(check: str, *others: str, waiting_limit: timedelta = FIVE_MINUTES):
    """Adds a function to the table of CORRUPTIONS."""

    def register(break_it):
        CORRUPTIONS.append(Corruption(break_it, check, frozenset(others), waiting_limit))
        return break_it

    return register
