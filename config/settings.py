"""Django's settings. The environment is read here and nowhere else; README.md has the table."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from common.tracing import add_trace_ids
from config import hosts, validators
from config.database_options import database_options
from config.database_url import database, hosts_of
from config.environment import Environment
from config.invoice_issuer import invoice_issuer
from config.kafka_security import problems_of_kafka_security
from config.logging import logging_config
from config.retention import retention
from config.traces import traces
from config.unfold import UNFOLD as UNFOLD

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- What an operator sets -------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.required("SECRET_KEY")
ALLOWED_HOSTS = env.strings("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], check=hosts.allowed_host)
CSRF_TRUSTED_ORIGINS = env.strings("CSRF_TRUSTED_ORIGINS", check=hosts.origin)
# Requests in a number of seconds that each client of the API may send; None: as many as it likes.
API_RATE_LIMIT = env.parsed("API_RATE_LIMIT", validators.rate, None)
HTTPS = env.flag("HTTPS")
# Proxies whose X-Forwarded-For is believed: what is limited by address is limited by that of the client behind them.
TRUSTED_PROXIES: list[hosts.Network] = env.parsed("TRUSTED_PROXIES", hosts.networks, [])
# What the web server listens on, and its processes: see config/web.py.
WEB_HOST = env.string("WEB_HOST", "127.0.0.1", check=hosts.address_to_listen_on)
WEB_PORT = env.number("WEB_PORT", 8000, least=1, most=65535)
WEB_WORKERS = env.number("WEB_WORKERS", 2, least=1, most=64)
STATIC_ROOT = env.string("STATIC_ROOT", str(BASE_DIR / "static"), check=validators.folder)
LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO")
LOG_FORMAT = env.choice("LOG_FORMAT", ("json", "console"), default="json")

KAFKA = {
    "bootstrap_servers": env.parsed("KAFKA_BOOTSTRAP_SERVERS", hosts.bootstrap_servers, "", required=True, secret=True),
    "security_protocol": env.choice(
        "KAFKA_SECURITY_PROTOCOL", ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"), default="PLAINTEXT"
    ),
    "sasl_mechanism": env.choice("KAFKA_SASL_MECHANISM", ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), default=""),
    "sasl_username": env.string("KAFKA_SASL_USERNAME"),
    "sasl_password": env.secret("KAFKA_SASL_PASSWORD"),
    "ssl_cafile": env.string("KAFKA_SSL_CAFILE", check=validators.readable_file),
    "ssl_certfile": env.string("KAFKA_SSL_CERTFILE", check=validators.readable_file),
    "ssl_keyfile": env.string("KAFKA_SSL_KEYFILE", check=validators.readable_file),
    "ssl_check_hostname": env.flag("KAFKA_SSL_CHECK_HOSTNAME", default=True),
}
env.report(problems_of_kafka_security(KAFKA))
KAFKA_TOPIC_PREFIX = env.string("KAFKA_TOPIC_PREFIX", check=validators.kafka_prefix)
KAFKA_GROUP_PREFIX = env.string("KAFKA_GROUP_PREFIX", "orderflow-", check=validators.kafka_prefix)
KAFKA_TOPIC_PARTITIONS = env.number("KAFKA_TOPIC_PARTITIONS", 6, least=1, most=10_000)
KAFKA_TOPIC_REPLICATION = env.number("KAFKA_TOPIC_REPLICATION", 1, least=1, most=100)

# Processes that write publish what they wrote at once; without it, only `relay_outbox` publishes.
PUBLISH_ON_COMMIT = env.flag("PUBLISH_ON_COMMIT", default=True)
BACKORDER_EXPIRY = timedelta(days=env.number("BACKORDER_EXPIRY_DAYS", 0))  # 0: orders wait for stock until it comes
# Consecutive events that a consumer's handlers may fail on before it stops, over all its processes and restarts: the
# fault is then ours, not the messages'.
CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW = env.number("CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW", 20, least=1)
# After how many milliseconds of silence a member of a consumer group is given up and its partitions go to the others.
# A client takes no more, for its idle connections end after 540 s; what a broker takes is a setting of its own.
KAFKA_SESSION_TIMEOUT_MS = env.number("KAFKA_SESSION_TIMEOUT_MS", 10_000, least=1000, most=500_000)
# A file that a consumer or relay touches while it is well; the containers' health check looks at its age.
HEARTBEAT_FILE = env.string("HEARTBEAT_FILE", check=validators.writable_file)
# Where a consumer, the relay or `prune --daily` serves its metrics by HTTP; 0: nowhere. The web server has /metrics.
METRICS_HOST = env.string("METRICS_HOST", "127.0.0.1", check=hosts.address_to_listen_on)
METRICS_PORT = env.number("METRICS_PORT", 0, most=65535)

# For how long `prune` keeps rows, by the names in operations/retention/kinds.py; None: for ever.
RETENTION = retention(env)

# Where spans go; None: nothing is traced, and OpenTelemetry is not loaded.
TRACES = traces(env)

# For tests of reliability only: the step of messaging/crash_points.py at which this process kills itself.
CRASH_AT = env.string("CRASH_AT", check=validators.crash_point)
if CRASH_AT and not (env.flag("ALLOW_CRASH_AT") or DEBUG):
    env.report({"CRASH_AT": "is set, which kills processes, without ALLOW_CRASH_AT or DEBUG"})
# Where all workers of a web server count: see config/metrics_folder.py. Without it, /metrics tells of one process.
METRICS_FOLDER = env.string("PROMETHEUS_MULTIPROC_DIR", check=validators.folder)

INVOICE_LOGO = env.string("INVOICE_LOGO", check=validators.logo)
DEFAULT_DOCUMENT_LANGUAGE = env.string("DEFAULT_DOCUMENT_LANGUAGE", "en-GB", check=validators.document_language)
INVOICE_PAYMENT_DAYS = env.number("INVOICE_PAYMENT_DAYS", 30, most=3650)  # from an invoice to its due date
INVOICE_TIME_ZONE = env.string("INVOICE_TIME_ZONE", "UTC", check=validators.time_zone)  # of its year and dates
INVOICE_SERIES = env.string("INVOICE_SERIES", "INV", check=validators.invoice_series)
CREDIT_NOTE_SERIES = env.string("CREDIT_NOTE_SERIES", "CN", check=validators.invoice_series)
if CREDIT_NOTE_SERIES.upper() == INVOICE_SERIES.upper():  # numbers are told apart, and typed, whatever their case
    env.report({"CREDIT_NOTE_SERIES": "is that of the invoices: credit notes have a series of their own"})

# What `load_demo` gives the admin of a demo: `make run` makes one up for each new data folder.
DEMO_ADMIN_PASSWORD = env.secret("DEMO_ADMIN_PASSWORD")

# --- Database --------------------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {"default": env.parsed("DATABASE_URL", database, {}, required=True, secret=True)}

DATABASES["default"] |= {
    "CONN_MAX_AGE": 300,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": database_options(DATABASES["default"].get("OPTIONS", {})),
}
DATABASE_PREPARED_STATEMENTS = env.flag("DATABASE_PREPARED_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Who issues the invoices: copied onto each of them ---------------------------------------------------------------
INVOICE_ISSUER = invoice_issuer(
    env, is_local=all(map(hosts.is_local, [*ALLOWED_HOSTS, *hosts_of(DATABASES["default"])]))
)

# --- Django ----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "backoffice",  # before unfold, whose dialog has other words
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "backoffice.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular_sidecar",  # the files of Swagger UI, for /docs
    "knox",
    "api",
    "messaging",
    "orders",
    "inventory",
    "invoicing",
    "operations",
]
MIDDLEWARE = [
    "api.request_ids.RequestIdMiddleware",
    "api.security_headers.SecurityHeadersMiddleware",
    "api.deferred.DeferredResponseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if HTTPS:
    _redirects = MIDDLEWARE.index("django.middleware.security.SecurityMiddleware")
    MIDDLEWARE.insert(_redirects, "api.https_only.HttpsOnlyMiddleware")
if API_RATE_LIMIT:
    MIDDLEWARE.append("api.rate_limits.requests.RateLimitHeaders")
if TRACES:
    MIDDLEWARE.insert(0, "api.traced_requests.TracedRequestMiddleware")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True  # of the admin: a page asked for without its slash is redirected to
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTHENTICATION_BACKENDS = ["api.logins.backend.LimitedBackend"]
PASSWORD_HASHERS = ["api.logins.hashing.OneAtATimeHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
LOGIN_URL = "/admin/login/"
MESSAGE_STORAGE = (
    "django.contrib.messages.storage.session.SessionStorage"  # the default signs cookies, for API clients too
)
LOGIN_REDIRECT_URL = "/admin/"

# --- Security --------------------------------------------------------------------------------------------------------
SESSION_ENGINE = "api.sessions"
SESSION_COOKIE_AGE = 8 * 60 * 60  # seconds without a request after which a session ends
SESSION_MAX_AGE = timedelta(hours=24)  # after which it ends in any case
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
CSRF_FAILURE_VIEW = "api.error_views.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # bytes; each API endpoint has its own, lower limit
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # an order of 2,000 lines in the admin has a box for each

# --- API -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.BearerAuthentication",
        "api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["api.json.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["api.json.JSONRenderer", "api.browsable.BrowsableAPIRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.Negotiation",
    "DEFAULT_PAGINATION_CLASS": "api.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": ["api.rate_limits.requests.ClientThrottle"] if API_RATE_LIMIT else [],
    "EXCEPTION_HANDLER": "api.problems.handle",
    "VIEW_DESCRIPTION_FUNCTION": "api.metadata.description",
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a parameter like any other: unknown
    "COERCE_DECIMAL_TO_STRING": True,
}
API_DESCRIPTION = "config.api_description.api_description"  # a function that makes the OpenAPI document
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": None,
    "TOKEN_PREFIX": "of_",
}
# How long a price or a token may be used from memory after it was changed or revoked in another process.
CATALOGUE_CACHE_TTL = timedelta(seconds=5)
TOKEN_CACHE_TTL = timedelta(seconds=5)

# --- Web workers: the limits of each ---------------------------------------------------------------------------------
# Single orders that are checked or stored at a time; more get 503. With 0, all do: no orders are taken.
WEB_MAX_ORDERS_IN_FLIGHT = env.number("WEB_MAX_ORDERS_IN_FLIGHT", 128)
WEB_THREADS = 12  # that serve everything else, each with a database connection once it needs one
# They serve orders which need more than memory: bulk requests, and what a cache does not hold. With four, eight clients
# who send one bulk request after the other were told that the server is overloaded, and of two workers one may have
# all eight.
WEB_ORDER_THREADS = 8
WEB_MAX_EXPORTS = 8  # CSV files that are sent at a time; more get 503
WEB_MAX_QUEUED = 64  # requests that may wait for a thread; more get 503
WEB_QUEUE_TIMEOUT = timedelta(seconds=1)  # that a request may wait; then it gets 503
WEB_QUEUE_TIMEOUT_WHEN_SATURATED = timedelta(seconds=0.2)  # once there has been a queue for so long
WEB_HEAD_TIMEOUT = timedelta(seconds=10)  # that a request line and its headers may take to come
WEB_BODY_TIMEOUT = timedelta(seconds=10)  # that a body may take to come; large ones a second more for each 64 KiB
WEB_BODY_MEMORY = 64 * 1024 * 1024  # bytes that large bodies may hold together; for more there is 503
WEB_MAX_CONNECTIONS = 4096  # more are accepted, and those that idle for longest are closed
WEB_MAX_CONNECTIONS_PER_ADDRESS = env.number("WEB_MAX_CONNECTIONS_PER_ADDRESS", 512, least=1)
WEB_OPEN_FILES = WEB_MAX_CONNECTIONS + 256  # connections, and everything else

# --- Group commit ----------------------------------------------------------------------------------------------------
INTAKE_STATEMENT = env.choice("INTAKE_STATEMENT", ("single", "orm"), default="single")  # see orders/intake/store.py
INTAKE_QUEUE_SIZE = 512  # submissions that may wait for an order writer; more get 503
INTAKE_BATCH_LINES = 5000  # order lines after which a transaction takes no further submission
INTAKE_TIMEOUT = timedelta(seconds=10)  # that a request waits for its outcome

# --- All is read: whatever is wrong is said now ----------------------------------------------------------------------
env.check()
LOGGING_CONFIG = None
logging_config(level=LOG_LEVEL, fmt=LOG_FORMAT, processors=[add_trace_ids] if TRACES else [])
