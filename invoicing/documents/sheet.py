"""A document as it is typeset: every text in the reader's language, in the places where template.typ puts them."""

from collections.abc import Iterator

import msgspec
from babel import Locale

from invoicing.documents.document import Document, Kind, Line, Party, Tax
from invoicing.documents.labels import LABELS, Labels
from invoicing.documents.locales import Formats

# Of UN/ECE Recommendation 20, in signs that all languages here share; pieces (C62) need none.
_UNITS = {
    "C62": "",
    "H87": "",
    "EA": "",
    "KGM": "kg",
    "GRM": "g",
    "MTR": "m",
    "CMT": "cm",
    "MTK": "m²",
    "LTR": "l",
    "HUR": "h",
}

Pair = tuple[str, str]


class Block(msgspec.Struct, frozen=True):
    """An address: what it is of, the name, and the lines below it."""

    title: str
    name: str
    lines: list[str]


class Row(msgspec.Struct, frozen=True):
    line_no: str
    name: str
    sku: str
    quantity: str
    unit_price: str
    tax: str
    net: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the template reads, as JSON."""

    language: str
    title: str
    seller: Block
    addresses: list[Block]
    facts: list[Pair]
    headings: Row
    rows: list[Row]
    tax_headings: tuple[str, str, str]
    taxes: list[tuple[str, str, str]]
    totals: list[Pair]
    payment: list[Pair]
    notes: list[str]
    page: str


def sheet_of(document: Document, locale: Locale) -> Sheet:
    labels = LABELS[locale.language]
    formats = Formats(locale, document.currency)
    return Sheet(
        language=formats.tag,
        title=f"{_kind(document, labels)} {document.number}",
        seller=_block("", document.seller, labels, formats),
        addresses=list(_addresses(document, labels, formats)),
        facts=list(_facts(document, labels, formats)),
        headings=_headings(labels),
        rows=[_row(line, formats) for line in document.lines],
        tax_headings=(labels.tax, labels.taxable, labels.total_tax),
        taxes=[(_rate(tax, formats), formats.amount(tax.net), formats.amount(tax.tax)) for tax in document.taxes],
        totals=_totals(document, labels, formats),
        payment=list(_payment(document, labels)),
        notes=[*document.notes, *_reasons(document), labels.amounts_in.format(currency=document.currency)],
        page=labels.page,
    )


def _kind(document: Document, labels: Labels) -> str:
    return labels.invoice if document.kind is Kind.INVOICE else labels.credit_note


def _addresses(document: Document, labels: Labels, formats: Formats) -> Iterator[Block]:
    buyer = document.buyer
    if buyer != Party():
        yield _block(labels.bill_to, buyer, labels, formats)
    if document.delivery is not None and document.delivery != buyer:
        yield _block(labels.ship_to, document.delivery, labels, formats)


def _block(title: str, party: Party, labels: Labels, formats: Formats) -> Block:
    numbers = ((labels.vat_id, party.vat_id), (labels.tax_id, party.tax_id), (labels.legal_id, party.legal_id))
    contact = (party.contact.name, party.contact.phone, party.contact.email)
    lines = [
        *party.street,
        f"{party.postal_code} {party.city}".strip(),
        party.subdivision,
        formats.country(party.country),
        *(f"{label}: {number}" for label, number in numbers if number),
        *contact,
    ]
    return Block(title, party.name, [line for line in lines if line])


def _facts(document: Document, labels: Labels, formats: Formats) -> Iterator[Pair]:
    yield labels.issue_date, formats.date(document.issue_date)
    if document.preceding:
        of_date = f"{labels.of_date} {formats.date(document.preceding.issue_date)}"
        yield labels.credits_invoice, f"{document.preceding.number} {of_date}"
    if document.due_date:
        yield labels.due_date, formats.date(document.due_date)
    if document.delivery_date:
        yield labels.delivery_date, formats.date(document.delivery_date)
    texts = (
        (labels.customer, document.customer_id),
        (labels.order_reference, document.order_reference),
        (labels.buyer_reference, document.buyer_reference),
    )
    yield from ((label, text) for label, text in texts if text)


def _headings(labels: Labels) -> Row:
    return Row(labels.line, labels.item, "", labels.quantity, labels.unit_price, labels.tax, labels.net)


def _row(line: Line, formats: Formats) -> Row:
    unit = _UNITS.get(line.unit_code, line.unit_code)
    return Row(
        line_no=str(line.line_no),
        name=line.name,
        sku=line.sku,
        quantity=f"{formats.quantity(line.quantity)} {unit}".strip(),
        unit_price=formats.price(line.unit_price),
        tax=formats.percentage(line.tax_rate),
        net=formats.amount(line.net),
    )


def _rate(tax: Tax, formats: Formats) -> str:
    """Categories other than the standard one are named by their code: two of them may have the same rate."""
    rate = formats.percentage(tax.rate)
    return rate if tax.category == "S" else f"{rate} ({tax.category})"


def _totals(document: Document, labels: Labels, formats: Formats) -> list[Pair]:
    return [
        (labels.total_net, formats.amount(document.net)),
        (labels.total_tax, formats.amount(document.tax)),
        (f"{labels.total} {document.currency}", formats.amount(document.total)),
    ]


def _payment(document: Document, labels: Labels) -> Iterator[Pair]:
    payment = document.payment
    texts = (("IBAN", payment.iban), ("BIC", payment.bic), (labels.terms, payment.terms))
    yield from ((label, text) for label, text in texts if text)


def _reasons(document: Document) -> list[str]:
    """Why there is no tax, each reason once."""
    return list(dict.fromkeys(tax.reason for tax in document.taxes if tax.reason))
