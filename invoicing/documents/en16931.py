"""A document in the terms of EN 16931, the European norm for electronic invoices, as the package factur-x takes them.

docs/documents.md says which field of ours is which term (BT-…), and what must be there.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from common.errors import FieldError
from common.money import exponent_of, format_amount, format_price, plain_text
from invoicing.documents.codes import is_unit
from invoicing.documents.document import Document, Line, Party, Tax

_MOST_DECIMALS = 2  # of an amount: BR-DEC-*
_LINE_TOLERANCE = Decimal("0.02")  # between quantity times price and net of a line: PEPPOL-EN16931-R120
_SEPA_TRANSFER, _CREDIT_TRANSFER = "58", "30"  # UNCL 4461
# Categories of UNCL 5305 (BT-118): with which the tax office wants a number of the seller, its VAT ID, or the buyer's.
_SELLER_KNOWN = ("S", "Z", "E", "AE", "K", "G")
_SELLER_HAS_VAT_ID = ("G", "K")  # BR-G-02, BR-IC-02
_BUYER_KNOWN = ("AE", "K")
_INTRA_COMMUNITY = "K"


def missing(document: Document) -> list[FieldError]:
    """Why there is no electronic invoice of this document; empty: there is one. Pointers name fields of the invoice."""
    return list(_missing(document))


def _missing(document: Document) -> Iterator[FieldError]:
    if (exponent_of(document.currency) or 0) > _MOST_DECIMALS:
        yield FieldError(
            "/currency",
            f"{document.currency} has {exponent_of(document.currency)} decimals, and EN 16931 takes two at most",
        )
    for place, line in enumerate(document.lines):
        if not is_unit(line.unit_code):
            yield FieldError(f"/lines/{place}/unit_code", f"{line.unit_code} is no code of UN/ECE Recommendation 20")
    categories = {tax.category for tax in document.taxes}
    yield from _missing_of("/issuer", document.seller)
    yield from _missing_of("/bill_to", document.buyer)
    yield from _missing_numbers(document.seller, categories)
    if not document.buyer.vat_id and (needing := sorted(categories & set(_BUYER_KNOWN))):
        yield FieldError("/bill_to/vat_id", f"tax category {needing[0]} takes a VAT ID of the buyer")


def _missing_numbers(seller: Party, categories: set[str]) -> Iterator[FieldError]:
    if seller.vat_id:
        return
    if needing := sorted(categories & set(_SELLER_HAS_VAT_ID)):
        yield FieldError("/issuer/vat_id", f"tax category {needing[0]} takes a VAT ID of the seller")
    elif not seller.tax_id and categories & set(_SELLER_KNOWN):
        yield FieldError("/issuer/vat_id", "the seller needs a VAT ID or a tax number")
    if not seller.legal_id:  # BR-CO-26: a tax number does not tell a buyer who it is
        yield FieldError("/issuer/legal_id", "the seller needs a company number or a VAT ID")


def _missing_of(pointer: str, party: Party) -> Iterator[FieldError]:
    for field in ("name", "country"):
        if not getattr(party, field):
            yield FieldError(f"{pointer}/{field}", "is not known, and an electronic invoice needs it")


def terms_of(document: Document) -> dict[str, Any]:
    """The document by the keys of EN 16931, made anew at each call: factur-x changes it. Empty terms are left out."""
    amounts = {"BT-106": document.net, "BT-109": document.net, "BT-110": document.tax}
    amounts |= {"BT-112": document.total, "BT-115": document.total}
    currency = document.currency
    return _present(
        {
            "BT-1": document.number,
            "BT-2": document.issue_date,
            "BT-3": document.kind.value,
            "BT-5": currency,
            "BT-9": document.due_date,
            "BT-10": document.buyer_reference,
            "BT-13": document.order_reference,
            "BT-20": document.payment.terms,
            "BG-1": [{"BT-22": note} for note in document.notes],
            "BG-3": _preceding(document),
            "BG-4": _party(document.seller),
            "BG-7": _party(document.buyer),
            "BG-13": _party(document.delivery) if document.delivery else None,
            "BG-23": [_tax(tax, currency) for tax in document.taxes],
            "BG-25": [_line(line, currency) for line in document.lines],
        }
        | {term: format_amount(amount, currency) for term, amount in amounts.items()}
        | _payment(document)
        | _delivery(document)
    )


def _present(terms: dict[str, Any]) -> dict[str, Any]:
    return {term: value for term, value in terms.items() if value not in ("", None, [], {})}


def _preceding(document: Document) -> list[dict[str, Any]]:
    preceding = document.preceding
    return [{"BT-25": preceding.number, "BT-26": preceding.issue_date}] if preceding else []


def _payment(document: Document) -> dict[str, Any]:
    """A transfer to the seller's account, with the number as what it is for."""
    payment = document.payment
    if not payment.iban:
        return {}
    means = _SEPA_TRANSFER if document.currency == "EUR" else _CREDIT_TRANSFER
    return {"BT-81": means, "BT-83": document.number, "BT-84": payment.iban, "BT-86": payment.bic}


def _delivery(document: Document) -> dict[str, Any]:
    """When it was delivered. Goods for another member state need that or a period (BR-IC-11), and where (BR-IC-12).

    An invoice is issued before its goods leave, so the period is the day on which it is.
    """
    terms: dict[str, Any] = {"BT-72": document.delivery_date}
    if any(tax.category == _INTRA_COMMUNITY for tax in document.taxes):
        if document.delivery_date is None:
            terms |= {"BT-73": document.issue_date, "BT-74": document.issue_date}
        if document.delivery is None:
            terms["BG-13"] = _party(document.buyer)
    return terms


def _party(party: Party) -> dict[str, Any]:
    address = party.electronic_address
    first, second, *rest = [*party.street, "", ""][: max(2, len(party.street))]
    contact = {"name": party.contact.name, "phone": party.contact.phone, "email": party.contact.email}
    return _present(
        {
            "name": party.name,
            "addr_l1": first,
            "addr_l2": second,
            "addr_l3": ", ".join(rest),
            "postcode": party.postal_code,
            "city": party.city,
            "country_subdivision": party.subdivision,
            "country_code": party.country,
            "vat_identifier": party.vat_id,
            "tax_identifier": party.tax_id,
            "legal_identifier": party.legal_id,
            "einvoicing_addr": address.value if address else "",
            "einvoicing_addr_schemeid": address.scheme if address else "",
            "contacts": [_present(contact)] if any(contact.values()) else [],
        }
    )


def _tax(tax: Tax, currency: str) -> dict[str, Any]:
    return _present(
        {
            "BT-116": format_amount(tax.net, currency),
            "BT-117": format_amount(tax.tax, currency),
            "BT-118": tax.category,
            "BT-119": _percent(tax.rate),
            "BT-120": tax.reason,
            "BT-121": tax.reason_code,
        }
    )


def _line(line: Line, currency: str) -> dict[str, Any]:
    return _present(
        {
            "BT-126": str(line.line_no),
            "BT-129": str(line.quantity),
            "BT-130": line.unit_code,
            "BT-131": format_amount(line.net, currency),
            "BT-151": line.tax_category,
            "BT-152": _percent(line.tax_rate),
            "BT-153": line.name,
            "BT-155": line.sku,
        }
        | _price(line, currency)
    )


def _price(line: Line, currency: str) -> dict[str, Any]:
    """The price of a piece; of all pieces together where a rounded net is too far from it, as 10.5 JPY may be."""
    if abs(line.quantity * line.unit_price - line.net) <= _LINE_TOLERANCE:
        return {"BT-146": format_price(line.unit_price, currency)}
    return {"BT-146": format_amount(line.net, currency), "BT-149": str(line.quantity)}


def _percent(rate: Decimal) -> str:
    """20 for 0.2000."""
    return plain_text(rate * 100)
