"""VAT identifiers: their form by country. Whether one is registered is not checked."""

import re

import stdnum

from common.countries import COUNTRIES, NORTHERN_IRELAND
from common.text import ascii_upper, trim

GREECE = "EL"  # which VAT identifiers call it, and ISO 3166 calls GR
_SEPARATORS = re.compile(r"[ .\-/]")
_FORM = re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,18}")
_SUFFIX = {"CH": "MWST", "NO": "MVA"}  # which their rules want, and people leave out
# Countries whose numbers are found under another one's rules.
_RULES_OF = {GREECE: "GR", NORTHERN_IRELAND: "GB"}


def parse_vat_id(value: object) -> str:
    """A VAT identifier as it is stored: in capital letters, without separators, beginning with its country's code.

    That of Greece is EL, that of Northern Ireland XI; the form is checked for every country whose form is known.

    Raises:
        ValueError: it has no country's code before it, or not the form of that country.
    """
    text = _SEPARATORS.sub("", ascii_upper(trim(value))) if isinstance(value, str) else ""
    text = GREECE + text[2:] if text.startswith("GR") else text
    prefix = text[:2]
    if not _FORM.fullmatch(text) or (prefix not in COUNTRIES and prefix not in _RULES_OF):
        raise ValueError("must be a VAT id that begins with the code of its country, such as DE136695976")
    if not _has_form_of(prefix, text):
        raise ValueError(f"is no VAT id of {prefix}: its form or its check digit is wrong")
    return text


def country_of(vat_id: str) -> str:
    """The code of ISO 3166 by which a VAT identifier begins, or XI."""
    return "GR" if vat_id.startswith(GREECE) else vat_id[:2]


def _has_form_of(prefix: str, text: str) -> bool:
    rules = stdnum.get_cc_module(_RULES_OF.get(prefix, prefix).lower(), "vat")
    if rules is None:
        return True
    return any(
        map(rules.is_valid, (text[2:], text, text + _SUFFIX.get(prefix, ""), text[2:] + _SUFFIX.get(prefix, "")))
    )
