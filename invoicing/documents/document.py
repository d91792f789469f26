"""An invoice or a credit note as a document shows it, by the terms of EN 16931. Values only: no ORM, no layout."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What it is: the codes of UNTDID 1001 (BT-3)."""

    INVOICE = "380"
    CREDIT_NOTE = "381"


class ElectronicAddress(msgspec.Struct, frozen=True):
    """Where a party gets electronic invoices (BT-34, BT-49): the scheme is one of EN 16931's list, such as 0088."""

    scheme: str
    value: str


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    name: str = ""
    phone: str = ""
    email: str = ""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who sells, buys, or gets the goods. What is not known is empty.

    Attributes:
        street: its lines, without postal code and city; an address of before that has no parts is here as a whole.
        country: two letters by ISO 3166-1.
        vat_id: with the letters of its country in front (BT-31, BT-48).
        tax_id: another number under which the tax office knows a seller (BT-32).
        legal_id: of a register of companies (BT-30, BT-47).
    """

    name: str = ""
    street: tuple[str, ...] = ()
    postal_code: str = ""
    city: str = ""
    subdivision: str = ""
    country: str = ""
    vat_id: str = ""
    tax_id: str = ""
    legal_id: str = ""
    electronic_address: ElectronicAddress | None = None
    contact: Contact = Contact()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A position. `tax_rate` is a fraction, 0.2 for 20 %; `unit_code` one of UN/ECE Recommendation 20."""

    line_no: int
    sku: str
    name: str
    quantity: int
    unit_code: str = "C62"
    unit_price: Decimal
    tax_rate: Decimal
    tax_category: str
    net: Decimal


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed at a rate of a category of UNCL 5305; categories without tax say why."""

    category: str
    rate: Decimal
    net: Decimal
    tax: Decimal
    reason: str = ""
    reason_code: str = ""


class Preceding(msgspec.Struct, frozen=True):
    """The invoice that a credit note takes back, in part or as a whole."""

    number: str
    issue_date: date


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    iban: str = ""
    bic: str = ""
    terms: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """All that a document says. Amounts have the decimals of the currency at most; prices may have more.

    Attributes:
        issued_at: the time of issue, in UTC.
        issue_date: its day where the issuer is.
        locale: the tag of the one that the buyer wishes, empty if none is known.
    """

    kind: Kind
    number: str
    issued_at: datetime
    issue_date: date
    due_date: date | None = None
    delivery_date: date | None = None
    currency: str
    seller: Party
    buyer: Party
    delivery: Party | None = None
    locale: str = ""
    customer_id: str = ""
    buyer_reference: str = ""
    order_reference: str = ""
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    preceding: Preceding | None = None
    payment: Payment = Payment()
    notes: tuple[str, ...] = ()
