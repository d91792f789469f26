"""manage.py audit_pipeline: what it says, and what it leaves alone."""

import io
import json
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.models import StockItem
from operations.audit.registry import CHECKS
from operations.audit.run import audit
from orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run():
    """Runs the command: what it wrote to stdout, and the error that it ended with."""

    def run_command(*arguments: str) -> tuple[str, str]:
        out, error = io.StringIO(), ""
        try:
            call_command("audit_pipeline", *arguments, stdout=out, stderr=io.StringIO())
        except CommandError as raised:
            error = str(raised)
        return out.getvalue(), error

    return run_command


def test_an_empty_database_keeps_every_promise(run):
    out, error = run()

    assert (out.splitlines()[-1], error) == (f"0 orders, {len(CHECKS)} checks, 0 broken", "")


def test_a_healthy_shop_is_reported_as_json(busy_shop, run):
    out, error = run("--json")

    report = json.loads(out)
    assert error == ""
    assert list(report) == ["orders", "checks", "violations", "pending"]
    assert (report["orders"], set(report["checks"].values()), report["violations"]) == (5, {"ok"}, [])
    assert set(report["checks"]) == {check.name for check in CHECKS}
    assert (report["pending"]["unanswered"], report["pending"]["outbox"]) == (1, 2)


def test_a_broken_promise_is_counted_named_and_an_error(busy_shop, run):
    StockItem.objects.filter(sku="MUG").update(on_hand=101)

    out, error = run("--json")

    report = json.loads(out)
    assert error == "broken: stock_levels_are_the_sums_of_the_ledger"
    assert report["checks"]["stock_levels_are_the_sums_of_the_ledger"] == 1
    assert report["violations"] == [
        {
            "check": "stock_levels_are_the_sums_of_the_ledger",
            "id": "MUG",
            "detail": "on hand 101, ledger 100; reserved 9, ledger 9",
        }
    ]


def test_people_get_a_table_with_what_is_broken_below(busy_shop, run):
    StockItem.objects.filter(sku="MUG").update(on_hand=101)

    lines = run()[0].splitlines()

    assert lines[0].split() == [CHECKS[0].name, "ok"]
    assert "stock_levels_are_the_sums_of_the_ledger: MUG: on hand 101, ledger 100; reserved 9, ledger 9" in lines
    assert lines[-1] == f"5 orders, {len(CHECKS)} checks, 1 broken"


def test_what_waits_longer_than_the_limit_is_broken(busy_shop, run):
    assert run("--waiting-limit", "0")[1] == "broken: outbox_delivered_in_time"
    assert run("--waiting-limit", "60")[1] == ""


def test_all_checks_look_at_the_same_moment_although_the_shop_goes_on(busy_shop):
    def break_everything() -> None:
        Order.objects.update(net=0, tax=0, total=0)
        StockItem.objects.update(on_hand=10**6)
        connection.close()

    def after_the_first_check(done: int, _all: int) -> None:
        if done == 1:
            thread = threading.Thread(target=break_everything)
            thread.start()
            thread.join()

    assert audit(waiting_limit=timedelta(minutes=5), progress=after_the_first_check).broken == []
    assert audit(waiting_limit=timedelta(minutes=5)).broken != []
