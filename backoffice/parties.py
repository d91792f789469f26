"""Addresses as people read them."""

from collections.abc import Iterator, Mapping
from typing import Any

from backoffice.panels import Column, Panel
from common.parties import Party


def party_panel(title: str, party: Mapping[str, Any]) -> Panel:
    """A party of common.parties as JSON has it, a row for each of its fields.

    They are in the order of an address: PostgreSQL keeps them in one of its own.
    """
    return Panel(title=title, columns=(Column(), Column()), rows=list(_rows(_in_order(party))))


def _in_order(party: Mapping[str, Any]) -> Mapping[str, Any]:
    names = [name for name in Party.__struct_fields__ if name in party]
    return {name: party[name] for name in dict.fromkeys([*names, *party])}


def _rows(party: Mapping[str, Any], of: str = "") -> Iterator[tuple[str, str]]:
    for name, value in party.items():
        words = f"{of} {name}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            yield from _rows(value, of=words)
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"{words[:1].upper()}{words[1:]}", text
