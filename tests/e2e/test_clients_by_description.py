"""Clients that know nothing but the description of the API: a generated one, and one that tries everything."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.system import ROOT
from tests.waiting import wait_until

DESCRIPTION = ROOT / "docs" / "api" / "openapi.json"
PACKAGE = "orderflow_client"
SEED = "2026"
SECONDS = "30"
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
PERMISSIONS = (
    *("orders.view_order", "orders.set_price", "orders.cancel_order", "orders.fulfil_order"),
    *("orders.add_product", "orders.change_product", "orders.view_price"),
    *("invoicing.view_invoice", "invoicing.credit_invoice"),
    *("inventory.view_stockmovement", "inventory.add_stockmovement", "inventory.change_stockitem"),
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Iterator[ModuleType]:
    """The package that openapi-python-client makes of the description."""
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.yml"
    config.write_text("post_hooks: []\n")
    options = ("--path", DESCRIPTION, "--output-path", folder / PACKAGE, "--meta", "none", "--config", config)
    made = _run("openapi_python_client", "generate", *options)
    assert made.returncode == 0, made.stdout + made.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module(PACKAGE)


@pytest.fixture
def client(system, generated) -> Iterator[Any]:
    with generated.AuthenticatedClient(base_url=f"http://127.0.0.1:{system.port}", token=system.token) as client:
        yield client


def test_a_generated_client_places_an_order_and_reads_its_invoice(system, client):
    order_create, order_retrieve = (_operation("orders", name) for name in ("order_create", "order_retrieve"))
    invoice_retrieve = _operation("invoices", "invoice_retrieve")
    models = importlib.import_module(f"{PACKAGE}.models")
    address = models.PartyIn(name="Ada", lines=["Weg 1"], city="Wien", country="AT", locale="de-AT")
    lines = [models.LineIn(sku="TEST-BAG", quantity=2), models.LineIn(sku="TEST-CUP", quantity=1)]
    order = models.OrderIn(customer_id="C-1", lines=lines, bill_to=address)
    key = uuid4().hex

    placed, again = (order_create.sync(client=client, body=order, idempotency_key=key) for _ in range(2))

    assert isinstance(placed, models.OrderOut)
    assert again == placed
    assert [(line.sku, line.quantity) for line in placed.lines] == [("TEST-BAG", 2), ("TEST-CUP", 1)]
    known = wait_until(
        lambda: (found := order_retrieve.sync(placed.id, client=client)).invoice_number and found, what="invoiced"
    )
    invoice = invoice_retrieve.sync(known.invoice_number, client=client)
    assert (invoice.total, invoice.bill_to.locale) == (placed.total, "de-AT")


def test_a_generated_client_is_told_what_is_wrong(client):
    models = importlib.import_module(f"{PACKAGE}.models")
    order = models.OrderIn(customer_id="C-1", lines=[models.LineIn(sku="NO-SUCH", quantity=1)])

    problem = _operation("orders", "order_create").sync(client=client, body=order, idempotency_key=uuid4().hex)

    assert isinstance(problem, models.Problem)
    assert [error.pointer for error in problem.errors] == ["/lines/0/sku"]


def _run(tool: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", tool, *map(str, arguments)]
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=180, cwd=cwd)


def _operation(tag: str, name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.api.{tag}.{name}")


def test_whatever_is_asked_is_answered_as_described(system):
    """Schemathesis for half a minute: no answer is 500, and each is one that the description has.

    The seed is fixed; how far that gets is the machine's.
    """
    token = system.manage("create_api_client", "schemathesis", "--permission", *PERMISSIONS).stdout.strip()
    address = f"http://127.0.0.1:{system.port}/schema"
    options = ("--seed", SEED, "--max-time", SECONDS, "--workers", "1")
    command = ("schemathesis.cli", "--config-file", CONFIGURATION, "run", address)

    tried = _run(*command, "-H", f"Authorization: Bearer {token}", *options, cwd=system.folder)

    assert tried.returncode == 0, tried.stdout[-20_000:] + tried.stderr
    system.audit()
