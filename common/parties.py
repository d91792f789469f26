"""The parties of orders and invoices: buyers, recipients of goods, and issuers. Fields without a value are left out of
the JSON."""

import msgspec


class ElectronicAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address for electronic invoices (BT-34, BT-49): `scheme` is a code of the EAS list, such as 0088 or EM."""

    scheme: str
    id: str


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contact person (BG-6, BG-9)."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A party that is billed or receives goods: `lines` are 1 to 3 street lines, `country` is of ISO 3166-1 alpha-2."""

    name: str
    lines: list[str]
    postal_code: str | None = None  # some countries have none
    city: str
    subdivision: str | None = None
    country: str
    vat_id: str | None = None  # with its country's code, as common.vat_ids makes it
    email: str | None = None
    electronic_address: ElectronicAddress | None = None
    contact: Contact | None = None
    buyer_reference: str | None = None  # BT-10: what the buyer wants to find on the invoice
    locale: str | None = None  # of a buyer's documents, as common.locales makes it; None: what is usual in its country


class Issuer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The issuer of an invoice.

    Until addresses came in parts there was only `address`, one text; then there are no `lines`, `city` and `country`.
    """

    name: str
    address: str | None = None
    tax_id: str | None = None  # BT-32
    lines: list[str] = []
    postal_code: str | None = None
    city: str | None = None
    subdivision: str | None = None
    country: str | None = None
    vat_id: str | None = None  # BT-31
    legal_id: str | None = None  # BT-30
    iban: str | None = None  # BT-84
    bic: str | None = None  # BT-86
    electronic_address: ElectronicAddress | None = None
    contact: Contact | None = None


class BilledParty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The party that an invoice bills: the customer's id, and the order's `bill_to` if it has one."""

    customer_id: str
    name: str | None = None
    lines: list[str] = []
    postal_code: str | None = None
    city: str | None = None
    subdivision: str | None = None
    country: str | None = None
    vat_id: str | None = None
    email: str | None = None
    electronic_address: ElectronicAddress | None = None
    contact: Contact | None = None
    buyer_reference: str | None = None
    locale: str | None = None
