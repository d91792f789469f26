"""Addresses as clients send them."""

from typing import Annotated, Any, TypeVar

import msgspec

from common.fields import Country, ElectronicScheme, Email, Locale, Text64, Text200, VatId
from common.parties import Contact, ElectronicAddress, Party

T = TypeVar("T", bound=msgspec.Struct)

StreetLines = Annotated[
    list[Text200], msgspec.Meta(min_length=1, max_length=3, description="a list of 1 to 3 street lines")
]


class ElectronicAddressIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scheme: ElectronicScheme
    id: Text64


class ContactIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person, as on the invoice.

    Attributes:
        name: of the person or the department.
        phone: as it is to be written.
        email: as it is to be on the invoice; nothing is sent there.
    """

    name: Text200 | None = None
    phone: Text64 | None = None
    email: Email | None = None


class PartyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A party that is billed or gets goods.

    Attributes:
        lines: of the street.
        postal_code: some countries have none.
        subdivision: a region, state or province.
        vat_id: of a business: what is sold across a border may be taxed by it.
        email: as it is to be on the invoice; nothing is sent there.
        electronic_address: where electronic invoices reach the buyer.
        contact: a person, as on the invoice.
        buyer_reference: what the buyer wants to find on the invoice (BT-10), such as a Leitweg-ID.
        locale: of documents. Left out: what is usual in the country.
    """

    name: Text200
    lines: StreetLines
    postal_code: Text64 | None = None
    city: Text200
    subdivision: Text200 | None = None
    country: Country
    vat_id: VatId | None = None
    email: Email | None = None
    electronic_address: ElectronicAddressIn | None = None
    contact: ContactIn | None = None
    buyer_reference: Text64 | None = None
    locale: Locale | None = None


def as_party(party: PartyIn | None) -> Party | None:
    """The party as orders keep it."""
    if party is None:
        return None
    address, contact = party.electronic_address, party.contact
    return Party(
        **(
            msgspec.structs.asdict(party)
            | {
                "electronic_address": _as(ElectronicAddress, address),
                "contact": _as(Contact, contact),
            }
        )
    )


def _as(type_: type[T], given: msgspec.Struct | None) -> T | None:
    """An object without any field says nothing, and is kept as none."""
    values: dict[str, Any] = msgspec.structs.asdict(given) if given else {}
    return type_(**values) if any(value is not None for value in values.values()) else None
