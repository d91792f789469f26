"""The real settings file with one wrong setting each: it is named, in one line, without any secret."""

import os
import re
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import environ
import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from common.parties import Issuer
from config.environment import WrongSettings

ROOT = Path(__file__).parents[3]
RIGHT = {
    "SECRET_KEY": "hunter2-key",
    "DATABASE_URL": "postgres://u:hunter2@127.0.0.1:9/none",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
}
ISSUER = {
    "INVOICE_ISSUER_NAME": "Mugs & Sons",
    "INVOICE_ISSUER_STREET": "Unit 2 | 1 High Street",
    "INVOICE_ISSUER_CITY": "Leeds",
    "INVOICE_ISSUER_COUNTRY": "GB",
    "INVOICE_ISSUER_VAT_ID": "GB 432 5251 79",
}
LOGIN = {
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "orderflow",
    "KAFKA_SASL_PASSWORD": "hunter2-sasl",
}


@pytest.fixture
def load(monkeypatch):
    """Runs config/settings.py with these settings alone."""
    monkeypatch.setattr("config.logging.logging_config", lambda **_: None)

    def run(**changed):
        monkeypatch.setattr(environ.Env, "ENVIRON", RIGHT | changed)
        return runpy.run_path(str(ROOT / "config" / "settings.py"))

    return run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "hunter2\n"),  # directus/directus#24184: the line end of a file with a secret
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "postgres://u:hun?ter2@db/none"),
        ("DATABASE_URL", "postgres://u:hunter2@[::1/none"),
        ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:99999/none"),
        ("KAFKA_BOOTSTRAP_SERVERS", ""),
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:abc"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a;b"),
        ("METRICS_PORT", "70000"),
        ("METRICS_PORT", "9101/tcp"),
        ("METRICS_HOST", "http://0.0.0.0"),
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:99999"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("KAFKA_SASL_MECHANISM", "GSSAPI"),
        ("KAFKA_SASL_PASSWORD", "hunter2-sasl\n"),
        ("KAFKA_SSL_CAFILE", "/nowhere/ca.pem"),
        ("KAFKA_SSL_CERTFILE", "/nowhere/cert.pem"),
        ("KAFKA_SSL_KEYFILE", "/nowhere/key.pem"),
        ("KAFKA_SSL_CHECK_HOSTNAME", "maybe"),
        ("KAFKA_TOPIC_PREFIX", "a b"),
        ("KAFKA_TOPIC_PREFIX", "x" * 241),
        ("KAFKA_GROUP_PREFIX", "ü"),
        ("KAFKA_GROUP_PREFIX", "x" * 300),
        ("KAFKA_TOPIC_PARTITIONS", "0"),
        ("KAFKA_TOPIC_PARTITIONS", "9" * 5000),
        ("KAFKA_TOPIC_REPLICATION", "32768"),
        ("KAFKA_SESSION_TIMEOUT_MS", "999"),
        ("KAFKA_SESSION_TIMEOUT_MS", "540000"),
        ("CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW", "٣"),
        ("HEARTBEAT_FILE", "/nowhere/heartbeat"),
        ("ALLOWED_HOSTS", "https://orders.example.com"),
        ("CSRF_TRUSTED_ORIGINS", "orders.example.com"),
        ("STATIC_ROOT", __file__),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("HTTPS", "maybe"),
        ("WEB_MAX_CONNECTIONS_PER_ADDRESS", "many"),
        ("WEB_MAX_ORDERS_IN_FLIGHT", "-1"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("API_RATE_LIMIT", "100"),
        ("WEB_HOST", "0.0.0.0:8000"),
        ("WEB_PORT", "99999"),
        ("WEB_WORKERS", "0"),
        ("DEBUG", " true"),
        ("PUBLISH_ON_COMMIT", "sometimes"),
        ("INVOICE_SERIES", "INV/UK"),
        ("INVOICE_SERIES", "A-LONG-SERIES"),
        ("CREDIT_NOTE_SERIES", "CN/1"),
        ("CREDIT_NOTE_SERIES", "INV"),
        ("CREDIT_NOTE_SERIES", "inv"),  # nav-gov-hu/Online-Invoice#337: numbers that differ by their case alone
        ("INVOICE_ISSUER_NAME", "x" * 201),
        ("INVOICE_ISSUER_ADDRESS", "1 Street\x1b[31m"),
        ("INVOICE_ISSUER_STREET", "1 Street\x1b[31m"),
        ("INVOICE_ISSUER_STREET", "a|b|c|d"),
        ("INVOICE_ISSUER_STREET", "|"),
        ("INVOICE_ISSUER_COUNTRY", "UK"),
        ("INVOICE_ISSUER_VAT_ID", "DE136695977"),
        ("INVOICE_ISSUER_IBAN", "GB33BUKB20201555555556"),
        ("INVOICE_ISSUER_BIC", "BUK"),
        ("INVOICE_ISSUER_CONTACT_EMAIL", "accounts"),
        ("INVOICE_ISSUER_ELECTRONIC_ADDRESS", "4006381333931"),
        ("INVOICE_ISSUER_ELECTRONIC_ADDRESS", "0088:"),
        ("INVOICE_TIME_ZONE", "Berlin"),
        ("INVOICE_TIME_ZONE", "localtime"),
        ("INVOICE_TIME_ZONE", "Factory"),
        ("INVOICE_TIME_ZONE", "../etc/passwd"),
        ("INVOICE_PAYMENT_DAYS", "-1"),
        ("INBOX_RETENTION_DAYS", "14"),
        ("DEAD_LETTER_RETENTION_DAYS", "7"),
        ("IDEMPOTENCY_RETENTION_DAYS", "-1"),
        ("TIMELINE_RETENTION_DAYS", "1"),
        ("ADMIN_LOG_RETENTION_DAYS", "x"),
        ("DEMO_ADMIN_PASSWORD", "hunter2\r\n"),
        ("CRASH_AT", "delivery.after_send"),
        ("CRASH_AT", "nonsense"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:hunter2"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://u:hunter2@collector/v1/traces?key=hunter2"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "key=hunter2%0d%0aX-More:1"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "1%"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.01"),
        ("OTEL_TRACES_SAMPLER_ARG", "nan"),
        ("OTEL_SDK_DISABLED", "perhaps"),
    ],
)
def test_a_wrong_setting_is_named(load, name, value):
    with pytest.raises(WrongSettings) as error:
        load(**{name: value})

    message = str(error.value)
    assert f" {name} " in message
    assert message.isprintable()
    assert "hun" not in message
    assert len(message) < 800


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, list(LOGIN)),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", **LOGIN, "KAFKA_SASL_PASSWORD": ""}, ["KAFKA_SASL_PASSWORD"]),
        (LOGIN, list(LOGIN)),
        ({"ALLOWED_HOSTS": "orders.example.com"}, list(ISSUER)),
        ({"DATABASE_URL": "postgres://u:hunter2@db.example/none"}, list(ISSUER)),
        ({"DATABASE_URL": "postgres:///none?host=db.example"}, list(ISSUER)),
        ({"INVOICE_ISSUER_NAME": "Mugs & Sons"}, list(ISSUER)[1:]),
        ({"INVOICE_ISSUER_CITY": "Leeds"}, [name for name in ISSUER if name != "INVOICE_ISSUER_CITY"]),
    ],
)
def test_settings_that_only_make_sense_together_are_named_together(load, given, names):
    with pytest.raises(WrongSettings) as error:
        load(**given)

    message = str(error.value)
    assert [name for name in {**LOGIN, **ISSUER} if f" {name} " in message] == names
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"INVOICE_SERIES": "", "KAFKA_TOPIC_PARTITIONS": "", "LOG_LEVEL": ""},
        {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", **LOGIN},
        {"ALLOWED_HOSTS": "orders.example.com,.example.org", "HTTPS": "on", **ISSUER},
        {"CRASH_AT": "delivery.after_send:3", "ALLOW_CRASH_AT": "on"},
        {"CRASH_AT": "delivery.after_send", "DEBUG": "on"},
    ],
)
def test_what_is_right_is_taken(load, given):
    assert load(**given)["SECRET_KEY"] == "hunter2-key"


@pytest.mark.parametrize(
    ("given", "endpoint"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/otlp/"}, "https://c/otlp/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://c/spans"}, "https://c/spans"),
    ],
)
def test_traces_go_where_opentelemetry_s_settings_say(load, given, endpoint):
    found = load(**given, OTEL_EXPORTER_OTLP_HEADERS="Api-Key=a%2Cb,x=1")["TRACES"]

    assert (found.endpoint, found.headers) == (endpoint, {"api-key": "a,b", "x": "1"})
    assert "a,b" not in repr(found)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"OTEL_SERVICE_NAME": "shop", "OTEL_TRACES_SAMPLER": "always_on"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_without_a_collector_there_are_no_traces(load, given):
    loaded = load(**given)

    assert loaded["TRACES"] is None
    assert not [name for name in loaded["MIDDLEWARE"] if "trac" in name]


def test_a_demos_invoices_have_a_demos_issuer_and_others_have_their_own(load):
    assert load()["INVOICE_ISSUER"]["name"] == "Orderflow Demo Ltd"
    assert load(**ISSUER)["INVOICE_ISSUER"] == {
        "name": "Mugs & Sons",
        "lines": ["Unit 2", "1 High Street"],
        "city": "Leeds",
        "country": "GB",
        "vat_id": "GB432525179",
    }


def test_an_address_in_one_piece_is_still_taken_but_not_beside_one_in_parts(load):
    former = {"INVOICE_ISSUER_NAME": "Mugs", "INVOICE_ISSUER_ADDRESS": "1 Street, Leeds", "INVOICE_ISSUER_TAX_ID": "1"}

    assert load(**former)["INVOICE_ISSUER"] == {"name": "Mugs", "address": "1 Street, Leeds", "tax_id": "1"}
    with pytest.raises(WrongSettings, match="INVOICE_ISSUER_ADDRESS is set beside the address in parts"):
        load(**former, INVOICE_ISSUER_CITY="Leeds")


def test_what_else_an_invoice_says_of_its_issuer_is_taken_as_it_will_stand_there(load):
    issuer = load(
        **ISSUER,
        INVOICE_ISSUER_IBAN="GB33 BUKB 2020 1555 5555 55",
        INVOICE_ISSUER_CONTACT_PHONE="+44 20 7946 0000",
        INVOICE_ISSUER_ELECTRONIC_ADDRESS="0088:4006381333931",
        INVOICE_TIME_ZONE="Europe/London",
    )["INVOICE_ISSUER"]

    assert issuer["iban"] == "GB33BUKB20201555555555"
    assert issuer["contact"] == {"phone": "+44 20 7946 0000"}
    assert issuer["electronic_address"] == {"scheme": "0088", "id": "4006381333931"}
    assert msgspec.convert(issuer, Issuer).city == "Leeds"


def started(arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | RIGHT | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_reader_of_settings_can_catch_what_is_wrong_with_them():
    assert issubclass(WrongSettings, ImproperlyConfigured)


# mozilla/playdoh#110, translate/pootle#1797: settings that are not there are a traceback of imports. Here each worker
# of the web server ended in one, and was started again.
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["manage.py", "where", "PO-1"], "another_shop.settings"),
        (["manage.py", "where", "PO-1", "--settings=nope"], "nope"),
        (["manage.py", "no_such_command", "--settings=config.nope"], "config.nope"),
        (["-m", "config.web"], "another_shop.settings"),
        (["-c", "import config.wsgi"], "another_shop.settings"),
    ],
)
def test_settings_that_are_not_there_are_named_in_one_line(arguments, named):
    done = started(arguments, DJANGO_SETTINGS_MODULE="another_shop.settings")

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert f"names {named!r}, which is not there" in line


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["manage.py", "where", "PO-1"], "config"),
        (["manage.py", "where", "PO-1", "--settings", "json"], "json"),
        (["manage.py", "migrate", "--settings=config.urls"], "config.urls"),
        (["manage.py", "migrate", "--settings=config.asgi"], "config.asgi"),
        (["-m", "config.web"], "config"),
        (["-c", "import config.wsgi"], "config"),
    ],
)
def test_a_module_that_is_no_settings_is_named_in_one_line(arguments, named):
    done = started(arguments, DJANGO_SETTINGS_MODULE="config")

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert f"names {named!r}, which has no settings of Orderflow" in line


def test_settings_of_ones_own_may_add_to_ours(tmp_path):
    (tmp_path / "own_settings.py").write_text("from config.settings import *\n")

    done = started(["manage.py", "schema", f"--pythonpath={tmp_path}", "--settings=own_settings"])

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["manage.py", "schema"], ["-c", "import config.wsgi"]])
def test_an_empty_name_of_settings_counts_as_not_set(arguments):
    done = started(arguments, DJANGO_SETTINGS_MODULE="")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("127.0.0.1", None, "Address already in use"),
        ("192.0.2.1", "8000", "Cannot assign requested address"),
        ("no-such-host.invalid", "8000", "not known|resolution"),
        ("127.0.0.1", "99999", "0-65535"),
    ],
)
def test_an_address_at_which_no_web_server_can_listen_is_named_with_its_settings(host, port, reason):
    """qdm12/port-checker#4, and squaresLab/BugZoo#339: it was "Address already in use", and nobody knew which."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = port or str(taken.getsockname()[1])
        done = started(["-m", "config.web", "--host", host, "--port", port])

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"orderflow: WEB_HOST and WEB_PORT: nothing can listen at {host}, port {port}: ")
    assert re.search(reason, line)


@pytest.mark.parametrize(
    "arguments",
    [
        ["manage.py", "migrate"],
        ["manage.py", "consume_orders"],
        ["manage.py", "audit_pipeline", "--json"],
        ["-m", "config.web"],
        ["-c", "import config.settings"],
        ["-c", "import config.wsgi"],
    ],
)
def test_whatever_loads_the_settings_ends_with_one_line_that_names_all(arguments):
    wrong = {"DATABASE_URL": "postgres://u:hun/ter2@db/x", "KAFKA_BOOTSTRAP_SERVERS": "a;b", "SECRET_KEY": ""}

    done = started(arguments, **wrong)

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("orderflow: settings: SECRET_KEY is not set; ")
    assert all(name in line for name in wrong)
    assert "hun" not in line


@pytest.mark.parametrize("workers", ["1", "2", "4"])
def test_each_web_worker_has_threads_for_eight_bulk_requests(load, workers):
    """With four, eight clients who sent one bulk request after the other were told that the server is overloaded."""
    assert load(WEB_WORKERS=workers)["WEB_ORDER_THREADS"] >= 8
