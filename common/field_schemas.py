"""What JSON Schema says of the types of common.fields, by the function that checks them.

A schema says what to send. Beyond it texts may have spaces at their ends, skus small letters, and prices and rates may
be JSON numbers: the functions decide.
"""

from collections.abc import Callable, Mapping
from typing import Any

from common import fields
from common.countries import parse_country
from common.locales import parse_locale
from common.timestamps import parse_day, parse_timestamp
from common.vat_ids import parse_vat_id

Schema = Mapping[str, Any]

_VISIBLE = "No control, format or line separator characters; spaces at the ends are cut off."


def _text(max_length: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": max_length, "description": _VISIBLE}


def _matching(pattern: str, description: str, example: str) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}$", "description": description, "examples": [example]}


SCHEMAS: Mapping[Callable[[object], object], Schema] = {
    fields.parse_text64: _text(64),
    fields.parse_text200: _text(200),
    fields.parse_sku: _matching(
        "[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}", "A product, by its sku. Small letters become capital ones.", "20725"
    ),
    fields.parse_currency: _matching("[A-Z]{3}", "A currency of ISO 4217.", "GBP"),
    fields.parse_unit_price: _matching(
        r"[0-9]{1,12}(\.[0-9]{1,6})?", "0 or more, below 1000000000000, with at most 6 decimals.", "4.95"
    ),
    fields.parse_tax_rate: _matching(
        r"(0(\.[0-9]{1,4})?|1(\.0{1,4})?)", "A fraction from 0 to 1 with at most 4 decimals: 0.2 is 20 %.", "0.2"
    ),
    fields.parse_unit_code: _matching("[A-Z0-9]{2,3}", "A unit by UN/ECE Recommendation 20.", "C62"),
    fields.parse_electronic_scheme: _matching("([0-9]{4}|EM|A[NQSU])", "A code of the EAS list.", "0088"),
    fields.parse_email: {"type": "string", "format": "email", "examples": ["ada@example.com"]},
    fields.parse_product_category: {
        "enum": ["S", "Z", "E", "AE"],
        "description": "S (standard), Z (zero), E (exempt) or AE (a service, reverse charge abroad).",
    },
    fields.parse_reason_code: _matching("VATEX-[A-Z0-9-]{2,30}", "A code of the VATEX list.", "VATEX-EU-132"),
    parse_timestamp: {
        "type": "string",
        "format": "date-time",
        "description": "RFC 3339; without an offset it is UTC.",
        "examples": ["2031-01-31T12:30:00Z"],
    },
    parse_day: {"type": "string", "format": "date", "examples": ["2031-01-31"]},
    parse_country: _matching("[A-Z]{2}", "A country of ISO 3166-1, alpha-2.", "GB"),
    parse_locale: _matching(
        "[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|[0-9]{3}))?",
        "A locale by BCP 47, of those that Unicode's CLDR knows: the language and the formats of documents.",
        "de-AT",
    ),
    parse_vat_id: {
        "type": "string",
        "minLength": 4,
        "description": "A VAT id with its country's code before it; its form is checked.",
        "examples": ["NL004495445B01"],
    },
}
