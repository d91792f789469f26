"""What the description of the API says of it as a whole: settings.API_DESCRIPTION."""

from typing import Any

from django.urls import get_resolver

from api.openapi.document import document
from serving.rejections import kinds_of_rejections

API_VERSION = "1.0.0"  # of what clients rely on; docs/api/README.md says when it changes

_WORDS = """\
Orders are taken here, and carried through stock and invoicing; `GET /orders/{id}` shows where one stands.

- **Log-in:** `Authorization: Bearer <token>`. A client sees and touches only the orders that it placed, and their
  invoices; with the permission `orders.view_order` all orders, with `invoicing.view_invoice` all invoices and credit
  notes. A permission to do something with them lets it see none: it takes both. What it does not see is 404.
- **Errors** are `application/problem+json` (RFC 9457), and name all that is wrong at once. Go by `type`; `detail` is
  for people.
- **Repeating:** each POST takes an `Idempotency-Key`, by which it is safe to send again, after a 503 or when no
  response came.
- **Lists** come in pages: follow `next` until it is null. A query parameter that is unknown or empty is 400.
  A plus in an address is a space: write it as `%2B`.
- **Values:** times are RFC 3339 in UTC, money and rates are decimal strings, ids are UUIDs. Prices are without
  tax. Unknown fields of a request are refused; ignore those of a response: there may be more in time, and more values
  of an enumeration.
- A slash at the end of a path is optional. HEAD is there wherever GET is, and OPTIONS everywhere.
"""


def api_description() -> dict[str, Any]:
    """The OpenAPI document of all addresses of this project."""
    info = {
        "title": "Orderflow",
        "version": API_VERSION,
        "summary": "Real-time order processing.",
        "description": _WORDS,
    }
    return document(get_resolver(), info=info, of_server=kinds_of_rejections())
