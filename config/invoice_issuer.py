"""Who issues the invoices: set by the operator, except for a demo on one machine."""

from collections.abc import Callable, Mapping
from typing import Any

from stdnum import bic as bics
from stdnum import iban as ibans
from stdnum.exceptions import ValidationError

from common.countries import parse_country
from common.fields import parse_electronic_scheme, parse_email
from common.vat_ids import parse_vat_id
from config.environment import Environment
from config.validators import short_text

Setting = tuple[str, Callable[[str], Any]]  # its name, and what it may be

_MOST_LINES = 3  # BT-35, BT-36 and BT-162


def _street(value: str) -> list[str]:
    """One to three street lines, with | between them."""
    lines = [line.strip() for line in value.split("|")]
    if not 1 <= len(lines) <= _MOST_LINES or not all(lines):
        raise ValueError("must be 1 to 3 street lines, with | between them")
    return [short_text(line) for line in lines]


def _iban(value: str) -> str:
    """An IBAN without blanks."""
    try:
        return str(ibans.validate(value))
    except ValidationError:
        raise ValueError("must be an IBAN with a right check digit, such as GB33BUKB20201555555555") from None


def _bic(value: str) -> str:
    try:
        return str(bics.validate(value))
    except ValidationError:
        raise ValueError("must be a BIC, such as BUKBGB22") from None


def _electronic_address(value: str) -> dict[str, str]:
    """`scheme:id`, by a scheme of the EAS list."""
    scheme, colon, identifier = value.partition(":")
    if not colon or not identifier.strip():
        raise ValueError("must be a scheme of the EAS list, a colon and the address, such as 0088:4006381333931")
    return {"scheme": parse_electronic_scheme(scheme), "id": short_text(identifier.strip())}


_NAME = "INVOICE_ISSUER_NAME"
_ADDRESS = "INVOICE_ISSUER_ADDRESS"  # of before: in one piece, which no electronic invoice can be made of
_VAT_ID, _TAX_ID = "INVOICE_ISSUER_VAT_ID", "INVOICE_ISSUER_TAX_ID"
# By the names of the fields of common.parties.Issuer.
_REQUIRED_PARTS: Mapping[str, Setting] = {
    "lines": ("INVOICE_ISSUER_STREET", _street),
    "city": ("INVOICE_ISSUER_CITY", short_text),
    "country": ("INVOICE_ISSUER_COUNTRY", parse_country),
}
_OPTIONAL_PARTS: Mapping[str, Setting] = {
    "postal_code": ("INVOICE_ISSUER_POSTAL_CODE", short_text),
    "subdivision": ("INVOICE_ISSUER_SUBDIVISION", short_text),
}
_OPTIONAL: Mapping[str, Setting] = {
    "vat_id": (_VAT_ID, parse_vat_id),
    "tax_id": (_TAX_ID, short_text),
    "legal_id": ("INVOICE_ISSUER_LEGAL_ID", short_text),
    "iban": ("INVOICE_ISSUER_IBAN", _iban),
    "bic": ("INVOICE_ISSUER_BIC", _bic),
    "electronic_address": ("INVOICE_ISSUER_ELECTRONIC_ADDRESS", _electronic_address),
}
_CONTACT: Mapping[str, Setting] = {
    "name": ("INVOICE_ISSUER_CONTACT_NAME", short_text),
    "phone": ("INVOICE_ISSUER_CONTACT_PHONE", short_text),
    "email": ("INVOICE_ISSUER_CONTACT_EMAIL", parse_email),
}
_OF_A_DEMO = {
    "name": "Orderflow Demo Ltd",
    "lines": ["1 Demo Street"],
    "postal_code": "EC1A 1BB",
    "city": "London",
    "country": "GB",
    "vat_id": "GB000000000",
    "legal_id": "00000000",
    "iban": "GB33BUKB20201555555555",
    "contact": {"name": "Accounts", "phone": "+44 20 7946 0000", "email": "accounts@example.com"},
    "electronic_address": {"scheme": "9932", "id": "GB000000000"},
}


def invoice_issuer(env: Environment, *, is_local: bool) -> dict[str, Any]:
    """What is copied onto each invoice: a common.parties.Issuer as JSON has it, without what is not set.

    Args:
        is_local: nobody but this machine can reach the product and its database: without any of the settings, the
            issuer is a demo's. Anywhere else name, address and a tax or VAT id must be set, as must the rest where one
            is: an invoice never changes.
    """
    settings = [*_REQUIRED_PARTS.values(), *_OPTIONAL_PARTS.values(), *_OPTIONAL.values(), *_CONTACT.values()]
    if is_local and not any(map(env.is_set, [_NAME, _ADDRESS, *(name for name, _ in settings)])):
        return dict(_OF_A_DEMO)
    issuer = {"name": env.parsed(_NAME, short_text, "", required=True)} | _address(env) | _those_set(env, _OPTIONAL)
    if not env.is_set(_VAT_ID) and not env.is_set(_TAX_ID):
        env.report({_VAT_ID: f"is not set, nor is {_TAX_ID}"})
    if contact := _those_set(env, _CONTACT):
        issuer["contact"] = contact
    return issuer


def _address(env: Environment) -> dict[str, Any]:
    """In parts; in one piece where nothing else is set, as it was until there were parts."""
    parts = [*_REQUIRED_PARTS.values(), *_OPTIONAL_PARTS.values()]
    if env.is_set(_ADDRESS):
        if any(env.is_set(name) for name, _ in parts):
            env.report({_ADDRESS: "is set beside the address in parts: take it away"})
        return {"address": env.parsed(_ADDRESS, short_text, "")}
    required = {field: env.parsed(name, parse, "", required=True) for field, (name, parse) in _REQUIRED_PARTS.items()}
    return required | _those_set(env, _OPTIONAL_PARTS)


def _those_set(env: Environment, settings: Mapping[str, Setting]) -> dict[str, Any]:
    return {field: env.parsed(name, parse, "") for field, (name, parse) in settings.items() if env.is_set(name)}
