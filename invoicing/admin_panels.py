"""What the pages of invoices and credit notes show alike: lines, taxes, totals, parties, and documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html

from backoffice.formatting import admin_link, money, percentage
from backoffice.panels import Column, Panel, Rows
from backoffice.parties import party_panel
from invoicing.documents.en16931 import missing
from invoicing.documents.rows import document_of
from invoicing.models import CreditNote, Invoice
from invoicing.selectors import document_hashes

Issued = Invoice | CreditNote

LINE_COLUMNS = (
    Column("Line", number=True),
    Column("Sku", unbroken=True),
    Column("Name", words=True),
    Column("Quantity", number=True),
    Column("Unit price", number=True),
    Column("Tax rate", number=True),
    Column("Net", number=True),
)
_FOR_PEOPLE = (
    ("PDF", "pdf", "to print or to send; the electronic invoice is in it, where there can be one"),
    ("Web page", "html", "to read here"),
)
_ELECTRONIC = (
    ("XML, UBL 2.1", "ubl", "the electronic invoice, for Peppol"),
    ("XML, CII", "cii", "the electronic invoice, for XRechnung and Factur-X"),
)


def lines(issued: Issued) -> Panel:
    def row(line: Mapping[str, Any]) -> Sequence[object]:
        return (
            line["line_no"],
            admin_link("orders.product", line["sku"]),
            line["name"],
            line["quantity"],
            money(line["unit_price"], issued.currency),
            percentage(line["tax_rate"]),
            money(line["net"], issued.currency),
        )

    return Panel(title="Lines", columns=LINE_COLUMNS, rows=Rows(issued.lines, row), wide=True)


def taxes(issued: Issued) -> Panel:
    rows = [
        (percentage(tax["rate"]), money(tax["net"], issued.currency), money(tax["tax"], issued.currency))
        for tax in issued.taxes
    ]
    columns = (Column("Tax rate"), Column("Net", number=True), Column("Tax", number=True))
    return Panel(title="Tax", columns=columns, rows=rows)


def totals(issued: Issued) -> Panel:
    rows = [(name, money(getattr(issued, name.lower()), issued.currency)) for name in ("Net", "Tax", "Total")]
    return Panel(title="Totals", columns=(Column(), Column(number=True)), rows=rows)


def documents(issued: Issued) -> Panel:
    """Links, which open what was issued as a file; where there can be no XML, why."""
    rows: list[tuple[str, str]] = [(_link(issued, form, name), use) for name, form, use in _FOR_PEOPLE]
    made = document_hashes([issued.number])[issued.number]
    why_none = _why_no_xml(issued)
    for name, syntax, use in _ELECTRONIC:
        there_is_one = syntax in made or not why_none
        rows.append((_link(issued, f"xml?syntax={syntax}", name), use) if there_is_one else (name, why_none))
    return Panel(title="Documents", columns=(Column(unbroken=True), Column()), rows=rows)


def _link(issued: Issued, file: str, name: str) -> str:
    return format_html('<a class="text-link" target="_blank" href="/invoices/{}.{}">{}</a>', issued.number, file, name)


def _why_no_xml(issued: Issued) -> str:
    """What is missing for an electronic invoice; empty: nothing."""
    problems = dict.fromkeys(f"{_words(error.pointer)} {error.detail}" for error in missing(document_of(issued)))
    return f"There can be none: {'; '.join(problems)}." if problems else ""


def _words(pointer: str) -> str:
    """A pointer for people, without the place of a line: `bill to, name:` for /bill_to/name."""
    parts = [part for part in pointer.strip("/").split("/") if not part.isdigit()]
    return f"{', '.join(parts).replace('_', ' ')}:"


def issuer(issued: Issued) -> Panel:
    return party_panel("Issued by", issued.issuer)


def bill_to(issued: Issued) -> Panel:
    return party_panel("Billed to", issued.bill_to)


def ship_to(issued: Issued) -> Panel | None:
    return party_panel("Shipped to", issued.ship_to) if issued.ship_to else None
