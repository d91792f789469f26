"""The operations page, and its one line on the admin's first page."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from api.methods import read_only
from backoffice.formatting import badge
from backoffice.panels import Panel
from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.lag import ConsumerLag
from operations.dashboard import panels
from operations.dashboard.attention import concerns, in_one_line
from operations.dashboard.lag_watch import watch

_LAG_TIMEOUT, _LAG_TIMEOUT_OF_INDEX = 2.0, 0.5  # seconds that a page waits for Kafka
_MESSAGES_PERMISSION = "messaging.view_deadletter"


@read_only
def dashboard(request: HttpRequest) -> HttpResponse:
    """What flows, what waits, and what needs a person, as far as this user may see it; the browser asks again."""
    context = admin.site.each_context(request) | {"title": "Operations", "panels": _visible(request)}
    return TemplateResponse(request, "operations/dashboard.html", context)


def index_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold's DASHBOARD_CALLBACK adds to the admin's first page: whether all is well."""
    if not request.user.has_perm(_MESSAGES_PERMISSION):
        return context
    found = concerns(_lags(timeout=_LAG_TIMEOUT_OF_INDEX))
    mark = badge("operations", found[0].severity if found else "success")
    link = format_html('{} <a class="text-link" href="{}">{}</a>', mark, reverse("operations"), in_one_line(found))
    return context | {"state_of_operations": link}


def _visible(request: HttpRequest) -> list[Panel]:
    lags = cache(partial(_lags, timeout=_LAG_TIMEOUT))  # asked for once, and only for who may see them
    shown: Sequence[tuple[str, Callable[[], Panel]]] = (
        (_MESSAGES_PERMISSION, lambda: panels.attention(concerns(lags()))),
        ("orders.view_order", panels.flow),
        (_MESSAGES_PERMISSION, lambda: panels.consumers(lags())),
        ("messaging.view_outboxmessage", panels.outbox),
        ("orders.view_order", panels.oldest_orders),
    )
    return [panel() for permission, panel in shown if request.user.has_perm(permission)]


def _lags(*, timeout: float) -> Sequence[ConsumerLag] | TransportUnavailable:
    try:
        return watch.latest(timeout=timeout)
    except TransportUnavailable as error:
        return error
