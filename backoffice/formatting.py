"""How values look in the admin."""

from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from django.contrib.admin.utils import quote
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.viewing import may_open
from common.money import exponent_of, plain_text
from common.timestamps import utc_text


def money(amount: Decimal | str, currency: str) -> str:
    """1,234.50 GBP: at least the currency's decimals, and no needless zeros after them."""
    plain = Decimal(amount).normalize()
    decimals = max(exponent_of(currency) or 0, -int(plain.as_tuple().exponent))
    return f"{plain:,.{decimals}f} {currency}"


def percentage(rate: Decimal | str) -> str:
    """20 % for 0.2000."""
    return f"{plain_text(Decimal(rate) * 100)} %"


def moment(at: datetime) -> SafeString:
    """A time in UTC, to the millisecond: an order goes from placed to invoiced within a few of them."""
    text = utc_text(at, timespec="milliseconds", separator=" ")
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


def named_moment(at: datetime) -> SafeString:
    """A time as `moment` has it, with the name of its clock: where no title above it says UTC."""
    return format_html("{} UTC", moment(at))


def admin_link(model: str, pk: object, text: object = "") -> SafeString:
    """A link to the page of a row, by the label of its model: apps link to each other without importing each other.

    For who may not open that page it is the text alone.
    """
    if not may_open(model):
        return format_html("{}", text or pk)
    return format_html('<a class="text-link" href="{}">{}</a>', admin_url(model, pk), text or pk)


def admin_url(model: str, pk: object) -> str:
    return reverse(f"admin:{model.replace('.', '_')}_change", args=[quote(str(pk))])


def order_link(order_id: object) -> SafeString | str:
    """A link to an order; plain text where it is no order's id, as keys of dead letters may be."""
    try:
        return admin_link("orders.order", UUID(str(order_id)))
    except ValueError:
        return str(order_id)


def short_order_link(order_id: object) -> SafeString | str:
    """A link to an order by the end of its id, for tables without room for the whole: see `order_link`."""
    try:
        known = UUID(str(order_id))
    except ValueError:
        return str(order_id)
    short = format_html('<span class="whitespace-nowrap" title="{}">…{}</span>', known, str(known)[-12:])
    return admin_link("orders.order", known, short)


def badge(text: str, colour: str = "") -> SafeString:
    """A label; `colour` is one of info, success, warning, danger."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "variant": colour})


def preformatted(text: str) -> SafeString:
    return format_html('<pre class="backoffice-pre">{}</pre>', text)


def body_text(body: str | bytes | memoryview) -> SafeString:
    """A message as a person can read it: JSON indented but not reinterpreted, bytes that are not text escaped."""
    raw = body.encode() if isinstance(body, str) else bytes(body)
    with suppress(msgspec.DecodeError, RecursionError):  # not JSON: shown as it is
        raw = msgspec.json.format(raw, indent=2)
    return preformatted(raw.decode(errors="backslashreplace").replace("\x00", "\\x00"))
