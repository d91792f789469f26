"""The product's commands and settings, which are all that devstack knows of it."""

import os
import sys
from pathlib import Path

PYTHON = sys.executable
# Where everything shares so few cores, one process for all consumers and one of the web take less of them
# (docs/decisions/, 26).
FEW_CORES = 2
WEB = "web"
LONGEST_START = 300  # seconds; whatever starts the servers gives up earlier, with an error
# The product has an issuer for demos itself, but only where DATABASE_URL is on this machine.
DEMO_ISSUER = {
    "INVOICE_ISSUER_NAME": "Orderflow Demo Ltd",
    "INVOICE_ISSUER_STREET": "1 Demo Street",
    "INVOICE_ISSUER_POSTAL_CODE": "EC1A 1BB",
    "INVOICE_ISSUER_CITY": "London",
    "INVOICE_ISSUER_COUNTRY": "GB",
    "INVOICE_ISSUER_VAT_ID": "GB000000000",
}


def web(port: int) -> tuple[str, ...]:
    """The command of the web server."""
    return (PYTHON, "-m", "config.web", "--port", str(port))


def manage(*arguments: str) -> tuple[str, ...]:
    """The command line of a management command."""
    return (PYTHON, "manage.py", *arguments)


def prepare(*, demo: bool) -> tuple[str, ...]:
    """The command that prepares database and topics; it waits for the servers, and may be started before them."""
    return manage("prepare", "--static", f"--wait={LONGEST_START}", *(["--demo"] if demo else []))


def services(port: int) -> dict[str, tuple[str, ...]]:
    """The commands that keep running, by name, with a process for each consumer."""
    return {
        WEB: web(port),
        "orders": manage("consume_orders", "orders"),
        "inventory": manage("consume_orders", "inventory"),
        "invoicing": manage("consume_orders", "invoicing"),
        "relay": manage("relay_outbox"),
    }


def services_here(port: int, *, cores: int) -> dict[str, tuple[str, ...]]:
    """The commands that `make run` keeps running, by name, on a machine with so many cores."""
    apart = services(port)
    if cores > FEW_CORES:
        return apart
    return {WEB: apart[WEB], "consumers": manage("consume_orders"), "relay": apart["relay"]}


def environment(*, secret_key: str, static: Path) -> dict[str, str]:
    """The product's settings, where the environment does not have them."""
    defaults = {"SECRET_KEY": secret_key, "STATIC_ROOT": str(static), "PYTHONUNBUFFERED": "1"}
    if (os.cpu_count() or 1) <= FEW_CORES:
        defaults["WEB_WORKERS"] = "1"  # a second one halves the batches of the first, each with its transaction
    issuer = {} if any(map(os.environ.get, DEMO_ISSUER)) else DEMO_ISSUER  # never a mixture of two issuers
    return {name: os.environ.get(name) or value for name, value in (defaults | issuer).items()}


# A rule that somebody adds to the database by hand, and that one order breaks: nothing else is held up by it. The rows
# that are there already are not looked at.
POISON_QUANTITY = 77
POISON = f"ALTER TABLE inventory_reservation ADD CONSTRAINT demo_fault CHECK (quantity <> {POISON_QUANTITY}) NOT VALID"
MEND = "ALTER TABLE inventory_reservation DROP CONSTRAINT IF EXISTS demo_fault"


def order_page(order_id: str) -> str:
    """The path of an order's page in the admin."""
    return f"/admin/orders/order/{order_id}/change/"
