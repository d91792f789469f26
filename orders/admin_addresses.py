"""The addresses of an order in a form: fields for who is billed, and for who gets the goods.

They are named as the columns of a file of orders are, and mean the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from api.validation import parse
from common.errors import FieldError, Invalid
from common.forms import sentence
from common.parties import Party
from common.text import ascii_upper
from orders.api.parties import PartyIn, as_party
from orders.importing.addresses import PARTIES, column_of, party_of

_TITLES = {"bill_to": "Billed to", "ship_to": "Shipped to"}
_HELP = {
    "bill_to": "Left empty: invoices name the customer as it is called above, and nothing else.",
    "ship_to": "Left empty: the goods go to whoever is billed.",
}
_ADDRESS = {
    "name": "Name",
    "street_1": "Street",
    "street_2": "Street, second line",
    "street_3": "Street, third line",
    "postal_code": "Postal code",
    "city": "City",
    "subdivision": "Region, state or province",
    "country": "Country",
}
_CONTACT = {"contact_name": "Contact", "contact_phone": "Phone of the contact"}
_PARTS: Mapping[str, Mapping[str, str]] = {
    "bill_to": {
        **_ADDRESS,
        "vat_id": "VAT id",
        "email": "E-mail",
        **_CONTACT,
        "contact_email": "E-mail of the contact",
        "buyer_reference": "Buyer's reference",
        "electronic_scheme": "Scheme of the electronic address",
        "electronic_id": "Electronic address",
        "locale": "Language of documents",
    },
    "ship_to": _ADDRESS | _CONTACT,
}
_HELP_OF_PARTS = {
    "country": "Its code of ISO 3166, such as DE.",
    "vat_id": "Of a business, with its country's code before it.",
    "email": "It stands on the invoice; nothing is sent there.",
    "buyer_reference": "What the buyer wants to find on the invoice, such as a Leitweg-ID.",
    "electronic_scheme": "Where electronic invoices reach the buyer: a code of the EAS list, such as 0088.",
    "locale": "Such as fr-BE. Left empty: what is usual in the country.",
}


class _Addresses(msgspec.Struct, frozen=True):
    bill_to: PartyIn | None = None
    ship_to: PartyIn | None = None


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """The fields of one party, as the page shows them: folded up, unless something was entered."""

    title: str
    help_text: str
    fields: Sequence[forms.BoundField]

    @property
    def is_open(self) -> bool:
        return any(field.value() or field.errors for field in self.fields)


def address_fields() -> Mapping[str, forms.CharField]:
    """The fields of both parties. What is wrong with their values, `addresses_in` says."""
    return {
        f"{party}_{part}": forms.CharField(
            required=False, label=label, help_text=_HELP_OF_PARTS.get(part, ""), widget=UnfoldAdminTextInputWidget
        )
        for party in PARTIES
        for part, label in _PARTS[party].items()
    }


def field_groups(form: forms.Form) -> Iterator[FieldGroup]:
    for party in PARTIES:
        yield FieldGroup(_TITLES[party], _HELP[party], [form[f"{party}_{part}"] for part in _PARTS[party]])


def addresses_in(entered: Mapping[str, Any]) -> Mapping[str, Party | None]:
    """The parties by name; None of which nothing was entered.

    Raises:
        Invalid: names every part that is wrong, or is missing beside others.
    """
    told = {party: party_of(party, lambda column: _typed(entered, column)) for party in PARTIES}
    addresses = parse({name: party for name, party in told.items() if party}, _Addresses)
    return {party: as_party(getattr(addresses, party)) for party in PARTIES}


def add_errors(form: forms.Form, invalid: Invalid) -> None:
    """Show each error of addresses_in at its field."""
    for error in invalid.errors:
        assert isinstance(error, FieldError)
        form.add_error(address_field_of(error, form.cleaned_data), sentence(error.detail))


def address_field_of(error: FieldError, entered: Mapping[str, Any]) -> str | None:
    """The field of what an error names; None: it is nothing of an address."""
    return column_of(error.pointer, lambda column: _typed(entered, column))


def _typed(entered: Mapping[str, Any], column: str) -> str:
    text = str(entered.get(column, ""))
    return ascii_upper(text) if column.endswith("_country") else text
