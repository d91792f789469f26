"""The product, as devstack knows it: commands."""

import os
import sys
from pathlib import Path

PYTHON = sys.executable
LONGEST_START = 300  # seconds; who starts the servers gives up earlier and says why
# The product has a demo's of its own only while its database is on this machine: DATABASE_URL may name another.
DEMO_ISSUER = {
    "INVOICE_ISSUER_NAME": "Orderflow Demo Ltd",
    "INVOICE_ISSUER_STREET": "1 Demo Street",
    "INVOICE_ISSUER_POSTAL_CODE": "EC1A 1BB",
    "INVOICE_ISSUER_CITY": "London",
    "INVOICE_ISSUER_COUNTRY": "GB",
    "INVOICE_ISSUER_VAT_ID": "GB000000000",
}


def web(port: int) -> tuple[str, ...]:
    """The web server."""
    return (PYTHON, "-m", "config.web", "--port", str(port))


def manage(*arguments: str) -> tuple[str, ...]:
    """A management command."""
    return (PYTHON, "manage.py", *arguments)


def prepare(*, demo: bool) -> tuple[str, ...]:
    """What has to be done before the services can serve; it may start before the servers that it needs."""
    return manage("prepare", "--static", f"--wait={LONGEST_START}", *(["--demo"] if demo else []))


def services(port: int) -> dict[str, tuple[str, ...]]:
    """What `make run` keeps running, by name."""
    return {
        "web": web(port),
        "orders": manage("consume_orders", "orders"),
        "inventory": manage("consume_orders", "inventory"),
        "invoicing": manage("consume_orders", "invoicing"),
        "relay": manage("relay_outbox"),
    }


def environment(*, secret_key: str, static: Path) -> dict[str, str]:
    """Settings that the product gets unless the environment has them."""
    ours = {"SECRET_KEY": secret_key, "STATIC_ROOT": str(static), "PYTHONUNBUFFERED": "1"}
    issuer = {} if any(map(os.environ.get, DEMO_ISSUER)) else DEMO_ISSUER  # never half of one and half of the other
    return {name: os.environ.get(name) or value for name, value in (ours | issuer).items()}
