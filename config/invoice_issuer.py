"""Who issues the invoices: set by the operator, except for a demo on one machine."""

from config.environment import Environment
from config.validators import short_text

_SETTINGS = {"name": "INVOICE_ISSUER_NAME", "address": "INVOICE_ISSUER_ADDRESS", "tax_id": "INVOICE_ISSUER_TAX_ID"}
_OF_A_DEMO = {"name": "Orderflow Demo Ltd", "address": "1 Demo Street, London", "tax_id": "GB000000000"}


def invoice_issuer(env: Environment, *, is_local: bool) -> dict[str, str]:
    """What is copied onto each invoice.

    Args:
        is_local: nobody but this machine can reach the product and its database: without any of the settings, the
            issuer is a demo's. Anywhere else each must be set, as must the rest where one is: an invoice never changes.
    """
    if is_local and not any(map(env.is_set, _SETTINGS.values())):
        return dict(_OF_A_DEMO)
    return {field: env.parsed(name, short_text, "", required=True) for field, name in _SETTINGS.items()}
