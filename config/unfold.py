"""The look of the admin: names, colours and the sidebar, which lists what there is in the terms of the field."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

from backoffice.viewing import may_view


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _list(title: str, icon: str, model: str) -> dict[str, Any]:
    """An entry for the list of `model`, for those who may view it."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model.replace('.', '_')}_changelist"),
        "permission": lambda request: may_view(request.user, model),
    }


NAVIGATION = [
    {
        "title": "Operations",
        "items": [
            {
                "title": "Operations",
                "icon": "monitoring",
                "link": reverse_lazy("operations"),
                "permission": _may("messaging.view_deadletter"),
            },
        ],
    },
    {
        "title": "Orders",
        "items": [
            _list("Orders", "shopping_cart", "orders.order"),
            _list("Products", "sell", "orders.product"),
        ],
    },
    {
        "title": "Inventory",
        "items": [
            _list("Stock items", "inventory_2", "inventory.stockitem"),
            _list("Movements", "swap_vert", "inventory.stockmovement"),
            _list("Reservation decisions", "fact_check", "inventory.reservationdecision"),
            _list("Returns to be booked", "pending_actions", "inventory.pendingreturn"),
        ],
    },
    {
        "title": "Invoicing",
        "items": [
            _list("Invoices", "receipt_long", "invoicing.invoice"),
            _list("Credit notes", "assignment_return", "invoicing.creditnote"),
            _list("Imported returns", "upload_file", "operations.importedreturn"),
        ],
    },
    {
        "title": "Messaging",
        "items": [
            _list("Outbox", "outbox", "messaging.outboxmessage"),
            _list("Dead letters", "unsubscribe", "messaging.deadletter"),
            _list("Replays", "replay", "messaging.replay"),
        ],
    },
    {
        "title": "Access",
        "items": [
            _list("Users and API clients", "person", "auth.user"),
            _list("Groups", "group", "auth.group"),
            _list("API tokens", "key", "knox.authtoken"),
            _list("Idempotency records", "repeat", "api.idempotencyrecord"),
        ],
    },
    {
        "title": "API and health",
        "items": [
            {"title": "API", "icon": "api", "link": "/", "active": False},
            {"title": "Health", "icon": "monitor_heart", "link": "/health/ready", "active": False},
        ],
    },
]

UNFOLD = {
    "SITE_TITLE": "Orderflow",
    "SITE_HEADER": "Orderflow",
    "SITE_SYMBOL": "conveyor_belt",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("backoffice/favicon.svg")},
    ],
    "SHOW_BACK_BUTTON": True,
    "LOGIN": {"form": "api.logins.forms.LoginForm"},
    "STYLES": [lambda _request: static("backoffice/admin.css")],
    "SCRIPTS": [lambda _request: static("backoffice/requests.js")],
    "DASHBOARD_CALLBACK": "operations.dashboard.views.index_context",
    "SIDEBAR": {"show_search": False, "navigation": NAVIGATION},
}
