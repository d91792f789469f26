"""Documents of the rows that were issued: what a row does not know, the document leaves out."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from common.fields import DEFAULT_UNIT
from invoicing.documents.document import (
    Contact,
    Document,
    ElectronicAddress,
    Kind,
    Line,
    Party,
    Payment,
    Preceding,
    Tax,
)
from invoicing.models import CreditNote, Invoice

_STANDARD, _ZERO = "S", "Z"  # of lines that were billed before there were categories

Json = Mapping[str, Any]


def document_of(issued: Invoice | CreditNote) -> Document:
    return document_of_invoice(issued) if isinstance(issued, Invoice) else document_of_credit_note(issued)


def document_of_invoice(invoice: Invoice) -> Document:
    return Document(
        kind=Kind.INVOICE,
        due_date=invoice.due_date,
        payment=_payment(invoice.issuer),
        **_common(invoice),
    )


def document_of_credit_note(note: CreditNote) -> Document:
    """The document of a credit note, which names its invoice. Its amounts are what is taken back."""
    return Document(
        kind=Kind.CREDIT_NOTE,
        preceding=Preceding(note.invoice.number, note.invoice.issue_date),
        payment=_payment(note.issuer),
        notes=tuple(filter(None, [note.reason])),
        **_common(note),
    )


def _common(row: Invoice | CreditNote) -> dict[str, Any]:
    return {
        "number": row.number,
        "issued_at": row.issued_at,
        "issue_date": row.issue_date,
        "currency": row.currency,
        "seller": _party(row.issuer),
        "buyer": _party(row.bill_to),
        "delivery": _party(row.ship_to) if row.ship_to else None,
        "locale": row.bill_to.get("locale") or "",
        "customer_id": row.customer_id,
        "buyer_reference": row.bill_to.get("buyer_reference") or "",
        "order_reference": row.order_reference,
        "lines": tuple(map(_line, row.lines)),
        "taxes": tuple(_taxes(row.taxes)),
        "net": row.net,
        "tax": row.tax,
        "total": row.total,
    }


def _party(party: Json) -> Party:
    """A party of JSON. Before addresses came in parts, an issuer had one text as `address`."""
    texts = {name: party.get(name) or "" for name in _TEXTS}
    street = party.get("lines") or filter(None, [party.get("address")])
    address = party.get("electronic_address")
    return Party(
        street=tuple(street),
        electronic_address=ElectronicAddress(address["scheme"], address["id"]) if address else None,
        contact=_contact(party),
        **texts,
    )


_TEXTS = ("name", "postal_code", "city", "subdivision", "country", "vat_id", "tax_id", "legal_id")


def _contact(party: Json) -> Contact:
    contact = party.get("contact") or {}
    email = contact.get("email") or party.get("email") or ""
    return Contact(name=contact.get("name") or "", phone=contact.get("phone") or "", email=email)


def _payment(issuer: Json) -> Payment:
    return Payment(iban=issuer.get("iban") or "", bic=issuer.get("bic") or "")


def _line(line: Json) -> Line:
    rate = Decimal(line["tax_rate"])
    return Line(
        line_no=line["line_no"],
        sku=line["sku"],
        name=line["name"],
        quantity=line["quantity"],
        unit_code=line.get("unit_code") or DEFAULT_UNIT,
        unit_price=Decimal(line["unit_price"]),
        tax_rate=rate,
        tax_category=category_of(line.get("tax_category"), rate),
        net=Decimal(line["net"]),
    )


def _taxes(taxes: Iterable[Json]) -> Iterable[Tax]:
    for tax in taxes:
        rate = Decimal(tax["rate"])
        yield Tax(
            category=category_of(tax.get("category"), rate),
            rate=rate,
            net=Decimal(tax["net"]),
            tax=Decimal(tax["tax"]),
            reason=tax.get("reason") or "",
            reason_code=tax.get("reason_code") or "",
        )


def category_of(category: str | None, rate: Decimal) -> str:
    """The tax category of a line or of an amount of tax, which had none until addresses came in parts."""
    return category or (_STANDARD if rate else _ZERO)
