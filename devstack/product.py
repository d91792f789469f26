"""The product, as devstack knows it: commands."""

import os
import sys
from pathlib import Path

PYTHON = sys.executable
# The product has a demo's of its own only while its database is on this machine: DATABASE_URL may name another.
DEMO_ISSUER = {
    "INVOICE_ISSUER_NAME": "Orderflow Demo Ltd",
    "INVOICE_ISSUER_ADDRESS": "1 Demo Street, London",
    "INVOICE_ISSUER_TAX_ID": "GB000000000",
}


def web(port: int, static: Path) -> tuple[str, ...]:
    """The web server, with the settings that did best on two cores.

    `--backpressure` is the number of connections of a worker; how many requests it works on, settings.WEB_AT_ONCE says.
    HTTP/2 would let one connection carry hundreds of requests.
    """
    return (
        *(PYTHON, "-m", "config.web", "--interface", "rsgi", "config.rsgi:application"),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "2", "--runtime-threads", "1", "--runtime-mode", "st", "--http", "1"),
        *("--backpressure", "1024", "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "5"),
        *("--static-path-route", "/static", "--static-path-mount", str(static)),
    )


def manage(*arguments: str) -> tuple[str, ...]:
    """A management command."""
    return (PYTHON, "manage.py", *arguments)


def services(port: int, static: Path) -> dict[str, tuple[str, ...]]:
    """What `make run` keeps running, by name."""
    return {
        "web": web(port, static),
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
