"""The application that the web server loads: Django, behind the limits of `serving`."""

from functools import partial

from django.conf import settings

from api.client_address import is_proxy
from common import tracing
from config.process_tuning import tune
from config.wsgi import application as django
from messaging.outbox.publisher import stop_background
from orders.intake.place_orders import writers
from serving.admission import AdmissionQueue
from serving.application import Application, Route
from serving.connections import ConnectionTable
from serving.django_calls import Caller, by_django
from serving.expectations import is_in_vain
from serving.open_files import allow_open_files
from serving.request_body import SMALL, BodyReader
from serving.request_head import Scope, header
from serving.static_files import StaticFiles

ORDERS = ("/orders", "/orders/")
BULK = ("/orders/bulk", "/orders/bulk/")
EXPORTS = ("/orders.csv", "/invoices.csv", "/credit-notes.csv", "/taxes.csv", "/stock.csv")
PROBES = ("/health/", "/metrics")


def _admission(*, max_in_flight: int, max_queued: int) -> AdmissionQueue:
    return AdmissionQueue(
        max_in_flight=max_in_flight,
        max_queued=max_queued,
        timeout=settings.WEB_QUEUE_TIMEOUT.total_seconds(),
        timeout_when_saturated=settings.WEB_QUEUE_TIMEOUT_WHEN_SATURATED.total_seconds(),
    )


_django = by_django(django)
_orders = Caller(_django, threads=settings.WEB_ORDER_THREADS, name="orders")
_others = Caller(_django, threads=settings.WEB_THREADS, name="requests")
_exports = Caller(_django, threads=1, name="exports")
# Probes never wait behind requests: whoever ends servers that look dead must not end busy ones.
_probes = Caller(_django, threads=1, name="probes")
_static = Caller(StaticFiles(settings.STATIC_ROOT, settings.STATIC_URL).respond, threads=1, name="static")

_order_admission = _admission(max_in_flight=settings.WEB_MAX_ORDERS_IN_FLIGHT, max_queued=0)
_ORDER_IN_LOOP = Route(_order_admission, _orders, in_loop=True)
_ORDER = Route(_order_admission, _orders)
_BULK = Route(_admission(max_in_flight=settings.WEB_ORDER_THREADS, max_queued=settings.WEB_MAX_QUEUED), _orders)
_OTHER = Route(_admission(max_in_flight=settings.WEB_THREADS, max_queued=settings.WEB_MAX_QUEUED), _others)
# However slowly their clients read, exports hold no thread, and none of the places of other requests.
_EXPORT = Route(_admission(max_in_flight=settings.WEB_MAX_EXPORTS, max_queued=0), _exports)
_PROBE = Route(_admission(max_in_flight=1, max_queued=16), _probes, in_loop=True)
_STATIC = Route(_admission(max_in_flight=1, max_queued=settings.WEB_MAX_QUEUED), _static)


def route_of(scope: Scope) -> Route:
    """A single order needs no database before its group commit, unless a session says whose it is, or it is large."""
    path: str = scope["path"]
    if scope["method"] == "POST" and path in ORDERS:
        small = int(header(scope["headers"], b"content-length") or SMALL + 1) <= SMALL
        return _ORDER_IN_LOOP if small and not header(scope["headers"], b"cookie") else _ORDER
    if path in BULK:
        return _BULK
    if path.removesuffix("/") in EXPORTS:
        return _EXPORT
    if path.startswith(PROBES):
        return _PROBE
    if path.startswith(settings.STATIC_URL):
        return _STATIC
    return _OTHER


allow_open_files(settings.WEB_OPEN_FILES)
application = Application(
    route_of=route_of,
    bodies=BodyReader(
        max_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        memory_limit=settings.WEB_BODY_MEMORY,
        timeout=settings.WEB_BODY_TIMEOUT.total_seconds(),
    ),
    connections=ConnectionTable(
        max_connections=settings.WEB_MAX_CONNECTIONS,
        max_per_address=settings.WEB_MAX_CONNECTIONS_PER_ADDRESS,
        head_timeout=settings.WEB_HEAD_TIMEOUT.total_seconds(),
        is_proxy=partial(is_proxy, trusted=settings.TRUSTED_PROXIES),
    ),
    callers=(_orders, _others, _exports, _probes, _static),
    ignores_body=is_in_vain,
    at_exit=(writers.stop, stop_background, tracing.stop),
)
tracing.start()
tune()
