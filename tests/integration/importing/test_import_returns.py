"""manage.py import_orders --profile online-retail: returns are credited to what the customer bought before."""

from decimal import Decimal

import pytest

from invoicing.crediting import AskedLine, credit_invoice
from invoicing.models import CreditNote, Invoice
from operations.importing import returns as returns_module
from operations.importing.returns import NOT_INVOICED
from operations.models import ImportedReturn
from orders.causes import by_user
from orders.importing.returns import NOT_ORDERED, OTHER_PRICE, TOO_MANY
from orders.lifecycle.cancelling import cancel_orders
from orders.models import Order
from tests.concurrency import one_after_the_other
from tests.factories import UserFactory
from tests.integration.importing.billing import bill_imported

pytestmark = pytest.mark.django_db

ANN = by_user("ann")
RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def row(invoice: str, sku: str, quantity: int, *, day: int = 1, price: str = "2.50", customer: str = "17850.0") -> str:
    return f"{invoice},{sku},A {sku},{quantity},2010-12-{day:02} 08:26:00,{price},{customer},United Kingdom"


@pytest.fixture
def import_rows(write, import_orders):
    """Imports rows of the data set; what it reports."""

    def run(*rows: str, arguments: tuple[str, ...] = ()) -> dict:
        return import_orders("--profile", "online-retail", "--create-products", *arguments, write(RETAIL, *rows)).report

    return run


@pytest.fixture
def sold(import_rows):
    """Two orders of a customer, the later with more mugs, billed."""
    import_rows(row("1", "MUG", 2, day=1), row("1", "TEA", 5, day=1), row("2", "MUG", 3, day=2))
    bill_imported()


def credited() -> dict[str, dict[int, int]]:
    """Units by line, by the reference of the order."""
    units: dict[str, dict[int, int]] = {}
    for note in CreditNote.objects.order_by("number"):
        of_order = units.setdefault(note.order_reference, {})
        for line in note.lines:
            of_order[line["line_no"]] = of_order.get(line["line_no"], 0) + line["quantity"]
    return units


def test_a_return_is_credited_to_the_latest_order_before_it(sold, import_rows):
    report = import_rows(row("C3", "MUG", -1, day=3))

    assert report["returns"] == {"read": 1, "credited": 1, "waiting": 0, "credit_notes": 1}
    assert (report["refused"], report["accepted"]) == (0, 0)
    note = CreditNote.objects.get()
    assert (note.order_reference, note.reason, note.actor) == ("2", "Return C3 of 2010-12-03", "(importer)")
    assert (note.restock, note.total) == (False, Decimal("3.00"))
    assert ImportedReturn.objects.get().credit_notes == [note.number]


def test_a_return_spreads_over_orders_where_the_latest_has_not_enough(sold, import_rows):
    report = import_rows(row("C3", "MUG", -4, day=3), row("C3", "TEA", -5, day=3))

    assert report["returns"]["credit_notes"] == 2
    assert credited() == {"1": {1: 1, 2: 5}, "2": {1: 3}}
    assert len(ImportedReturn.objects.get().credit_notes) == 2


def test_a_return_that_is_imported_again_is_skipped(sold, import_rows):
    import_rows(row("C3", "MUG", -1, day=3))

    again = import_rows(row("C3", "MUG", -1, day=3))

    assert (again["skipped"], again["returns"]["credited"]) == (1, 0)
    assert credited() == {"2": {1: 1}}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row("C3", "POT", -1, day=3)], f"StockCode {NOT_ORDERED}"),
        ([row("C3", "MUG", -1, day=3, customer="1")], f"StockCode {NOT_ORDERED}"),
        ([row("C3", "MUG", -6, day=3)], f"Quantity {TOO_MANY}"),
        ([row("C3", "MUG", -3, day=3), row("C3", "MUG", -3, day=3)], f"Quantity {TOO_MANY}"),
        ([row("C3", "MUG", -3, day=1)], f"Quantity {TOO_MANY}"),
        ([row("C3", "MUG", -1, day=3, price="2.51")], f"UnitPrice {OTHER_PRICE}"),
        ([row("C3", "MUG", 1, day=3)], "Quantity is not below 0: a return takes units back"),
        ([row("C3", "MUG", 0, day=3)], "Quantity is not below 0: a return takes units back"),
        ([row("C3", "MUG", -1, day=3, price="-2.50")], "UnitPrice is below 0: an adjustment, no order"),
        ([row("C3", "MUG", -1, day=3, customer="")], "CustomerID is missing, and there is no default customer"),
    ],
)
def test_a_return_that_can_not_be_credited_is_refused_as_a_whole(sold, import_rows, rows, reason):
    customer = rows[0].split(",")[6]

    report = import_rows(*rows, row("C3", "TEA", -1, customer=customer))

    assert list(report["reasons"]) == [reason]
    assert (report["refused"], report["returns"]["credited"]) == (1, 0)
    assert not CreditNote.objects.exists()
    assert not ImportedReturn.objects.exists()


def test_what_a_refused_return_asks_for_is_told_row_by_row(sold, import_rows, tmp_path):
    rejects = tmp_path / "rejects.csv"

    import_rows(
        *(row("C3", "POT", -1, day=3), row("C3", "TEA", -1, day=3), row("C3", "MUG", -9, day=3)),
        arguments=("--rejects", rejects),
    )

    reasons = [line.split(",")[-1] for line in rejects.read_text().splitlines()[1:]]
    assert [NOT_ORDERED in reasons[0], TOO_MANY in reasons[2]] == [True, True]
    assert "the order is refused" in rejects.read_text()


def test_a_return_waits_until_its_order_is_invoiced(import_rows):
    rows = row("1", "MUG", 2), row("C2", "MUG", -1, day=2)
    first = import_rows(*rows)
    assert first["returns"] == {"read": 1, "credited": 0, "waiting": 1, "credit_notes": 0}
    assert (first["refused"], list(first["reasons"])) == (1, [NOT_INVOICED])

    bill_imported()

    assert import_rows(*rows)["returns"] == {"read": 1, "credited": 1, "waiting": 0, "credit_notes": 1}


def test_what_consumers_invoice_while_the_import_runs_waits_for_the_next(import_rows, monkeypatch):
    """How far they have come by then makes no difference."""
    began = returns_module.ReturnImport.run
    monkeypatch.setattr(returns_module.ReturnImport, "run", lambda self, raws: (bill_imported(), began(self, raws)))

    report = import_rows(row("1", "MUG", 2), row("C2", "MUG", -1, day=2))

    assert report["returns"]["waiting"] == 1


def test_a_later_return_does_not_get_what_an_earlier_one_waits_for(sold, import_rows):
    import_rows(row("3", "MUG", 1, day=3))  # is not billed

    report = import_rows(row("C4", "MUG", -2, day=4), row("C5", "MUG", -4, day=5), row("C6", "MUG", -1, day=6))

    assert report["returns"]["waiting"] == 1
    assert credited() == {"1": {1: 2}, "2": {1: 2}}
    assert [one["reference"] for one in report["refusals"]] == ["C4", "C6"]


def test_rejected_and_cancelled_orders_are_not_waited_for(sold, import_rows):
    import_rows(row("3", "MUG", 1, day=3), row("4", "MUG", 1, day=4))
    Order.objects.filter(reference="3").update(status="rejected", rejection={"reason": "x", "shortages": []})
    cancel_orders(order_ids=Order.objects.filter(reference="4").values_list("pk", flat=True), reason="no", cause=ANN)

    assert import_rows(row("C5", "MUG", -1, day=5))["returns"]["credited"] == 1
    assert credited() == {"2": {1: 1}}


# frappe/erpnext#51608: a return that came by another way was credited beside the credit note that there was.
def test_what_people_have_credited_is_not_credited_again(sold, import_rows):
    number = Invoice.objects.get(order_reference="2").number
    lines = [AskedLine(line_no=1, quantity=2)]
    credit_invoice(number=number, lines=lines, reason="broken", restock=False, actor="ann")

    import_rows(row("C3", "MUG", -2, day=3))

    assert credited() == {"2": {1: 3}, "1": {1: 1}}


def test_orders_of_clients_are_not_touched(sold, import_rows):
    """The customers that a file names are those of no client: decision 11."""
    Order.objects.filter(reference="2").update(source="api", client=UserFactory())

    import_rows(row("C3", "MUG", -1, day=3))

    assert credited() == {"1": {1: 1}}


def test_a_dry_run_reports_the_same_and_credits_nothing(sold, import_rows):
    rows = (
        *(row("3", "MUG", 9, day=3), row("C4", "MUG", -1, day=4), row("C5", "TEA", -5, day=5)),
        *(row("C6", "TEA", -1, day=6), row("C7", "POT", -1, day=7)),
    )

    dry = import_rows(*rows, arguments=("--dry-run",))
    assert not CreditNote.objects.exists()

    assert dry | {"dry_run": False} == import_rows(*rows)
    assert dry["returns"] == {"read": 4, "credited": 1, "waiting": 1, "credit_notes": 1}


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_a_return_at_once_credit_it_once(import_rows, write, run):
    import_rows(row("1", "MUG", 2))
    bill_imported()
    path = write(RETAIL, row("C2", "MUG", -2, day=2), name="returns.csv")

    one_after_the_other(
        *(lambda: run("import_orders", "--profile", "online-retail", path) for _ in range(2)),
    )

    assert credited() == {"1": {1: 2}}


def test_what_was_credited_meanwhile_is_looked_for_elsewhere(sold, import_rows, monkeypatch):
    plan = returns_module.ReturnImport._plan

    def planned_before_somebody_else_credits(self, *arguments):
        monkeypatch.setattr(returns_module.ReturnImport, "_plan", plan)
        planned = plan(self, *arguments)
        number = Invoice.objects.get(order_reference="2").number
        credit_invoice(number=number, lines=None, reason="broken", restock=False, actor="ann")
        return planned

    monkeypatch.setattr(returns_module.ReturnImport, "_plan", planned_before_somebody_else_credits)

    import_rows(row("C3", "MUG", -1, day=3))

    assert credited()["1"] == {1: 1}
