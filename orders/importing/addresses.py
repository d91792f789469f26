"""The columns of addresses in a file of orders: what stands in which, from a party to cells and back.

A party has a column for each of its parts, such as bill_to_city. Where all of them are empty, the order names none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

PARTIES = ("bill_to", "ship_to")
_STREETS = ("street_1", "street_2", "street_3")
# Where each part is in a party as JSON. Street lines are a list, in which none is empty.
_PATHS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    **dict.fromkeys(_STREETS, ("lines",)),
    **{
        part: (part,)
        for part in ("postal_code", "city", "subdivision", "country", "vat_id", "email", "buyer_reference", "locale")
    },
    "electronic_scheme": ("electronic_address", "scheme"),
    "electronic_id": ("electronic_address", "id"),
    "contact_name": ("contact", "name"),
    "contact_phone": ("contact", "phone"),
    "contact_email": ("contact", "email"),
}
ADDRESS_COLUMNS = tuple(f"{party}_{part}" for party in PARTIES for part in _PATHS)

_STREET_POINTER = re.compile(r"lines/(\d+)")

Party = Mapping[str, Any]  # as JSON: see common.parties.Party
TextOf = Callable[[str], str]  # the text of a column in a row, empty if there is none


def cells_of(party: Party | None) -> Sequence[str]:
    """A party's cells in the order of its columns; what it does not say is empty."""
    return [_text(party or {}, part) for part in _PATHS]


def party_of(party: str, text_of: TextOf) -> dict[str, Any] | None:
    """The party of this name as a client would send it; None where a row says nothing of it."""
    told: dict[str, Any] = {}
    for part, (name, *inner) in _PATHS.items():
        if not (text := text_of(f"{party}_{part}")):
            continue
        if part in _STREETS:
            told.setdefault(name, []).append(text)
        elif inner:
            told.setdefault(name, {})[inner[0]] = text
        else:
            told[name] = text
    return told or None


def column_of(pointer: str, text_of: TextOf) -> str | None:
    """The column of what a JSON pointer into an order names; None: it is nothing of an address."""
    party, _, place = pointer.removeprefix("/").partition("/")
    if party not in PARTIES or not place:
        return None
    if street := _STREET_POINTER.fullmatch(place):
        filled = [part for part in _STREETS if text_of(f"{party}_{part}")]
        return f"{party}_{filled[int(street[1])]}"
    inner = tuple(place.split("/"))
    parts = [part for part, path in _PATHS.items() if path[: len(inner)] == inner]
    return f"{party}_{parts[0]}" if parts else None


def _text(party: Party, part: str) -> str:
    value: Any = party
    for name in _PATHS[part]:
        value = (value or {}).get(name)
    if part in _STREETS:
        place = _STREETS.index(part)
        value = value[place] if value and place < len(value) else ""
    return value or ""
