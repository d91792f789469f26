"""Every path that the web processes answer. A trailing slash is optional everywhere; the admin redirects to it."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from api.logins.views import change_password, login
from api.methods import read_only
from api.root import ApiRoot
from invoicing.api.urls import invoice_paths
from operations.journey.api import events_out
from operations.unsent import credited_unsent
from orders.api.urls import order_paths
from orders.selectors import sent_units

RESOURCES = {
    "orders": "/orders",
    "products": "/products",
    "stock": "/stock",
    "invoices": "/invoices",
    "admin": "/admin/",
    "health": "/health/ready",
    "metrics": "/metrics",
    "schema": "/schema",
    "docs": "/docs",
}

urlpatterns = [
    path("", ApiRoot.as_view(resources=RESOURCES), name="api-root"),
    path("", include(order_paths(events_of=events_out, credited_unsent=credited_unsent))),
    path("", include("inventory.api.urls")),
    path("", include(invoice_paths(sent_units=sent_units))),
    path("", include("operations.urls")),
    path("", include("api.openapi.urls")),
    # What browsers ask for where a page names no icon, as those of the API, of errors, and JSON.
    path("favicon.ico", read_only(RedirectView.as_view(url=static("backoffice/favicon.svg")))),
    path("admin/login/", login),  # instead of the admin's own pages, which the next line brings
    path("admin/password_change/", change_password),
    path("admin", RedirectView.as_view(pattern_name="admin:index", query_string=True)),
    path("admin/", admin.site.urls),
]

handler400 = "api.error_views.bad_request"
handler403 = "api.error_views.permission_denied"
handler404 = "api.error_views.not_found"
handler500 = "api.error_views.server_error"
