"""The parsers of the settings INVOICE_ISSUER_…, as those of config.validators."""

from stdnum import bic as bics
from stdnum import iban as ibans
from stdnum.exceptions import ValidationError

from common.fields import parse_electronic_scheme
from config.validators import short_text

_MOST_LINES = 3  # BT-35, BT-36 and BT-162


def street(value: str) -> list[str]:
    """One to three street lines, with | between them."""
    lines = [line.strip() for line in value.split("|")]
    if not 1 <= len(lines) <= _MOST_LINES or not all(lines):
        raise ValueError("must be 1 to 3 street lines, with | between them")
    return [short_text(line) for line in lines]


def iban(value: str) -> str:
    """An IBAN without blanks."""
    try:
        return str(ibans.validate(value))
    except ValidationError:
        raise ValueError("must be an IBAN with a right check digit, such as GB33BUKB20201555555555") from None


def bic(value: str) -> str:
    try:
        return str(bics.validate(value))
    except ValidationError:
        raise ValueError("must be a BIC, such as BUKBGB22") from None


def electronic_address(value: str) -> dict[str, str]:
    """`scheme:id`, by a scheme of the EAS list."""
    scheme, colon, identifier = value.partition(":")
    if not colon or not identifier.strip():
        raise ValueError("must be a scheme of the EAS list, a colon and the address, such as 0088:4006381333931")
    return {"scheme": parse_electronic_scheme(scheme), "id": short_text(identifier.strip())}
