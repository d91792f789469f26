"""manage.py audit_pipeline: its report, and that it changes nothing."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from api.models import IdempotencyRecord
from inventory.models import StockItem
from messaging.models import InboxEntry
from operations.audit.registry import CHECKS
from operations.audit.run import LONGEST
from orders.models import TimelineEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run():
    """A function that runs the command; returns its stdout and its error."""

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
    assert list(report["checks"]) == [check.name for check in CHECKS]
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


def test_what_is_quoted_from_a_corrupt_row_stays_one_line_and_moves_no_cursor(busy_shop, run):
    location = "/orders/1\x1b[2J\r\n0 broken\u2028\u202e"
    IdempotencyRecord.objects.filter(key="first").update(location=location)

    out, error = run()
    (line,) = [line for line in out.splitlines() if line.startswith("stored_response_is_one_that_is_given: ")]

    assert r"location /orders/1\u001b[2J\u000d\u000a0 broken\u2028\u202e, of order" in line
    assert error == "broken: stored_response_is_one_that_is_given"
    assert location in json.loads(run("--json")[0])["violations"][0]["detail"]


def test_of_a_row_of_megabytes_only_the_beginning_is_quoted(busy_shop, run):
    TimelineEntry.objects.update(detail={"note": "x" * 2_000_000})

    out, error = run("--json")

    assert error == "broken: order_timeline_tells_what_happened"
    assert {len(violation["detail"]) for violation in json.loads(out)["violations"]} == {LONGEST}


def test_what_waits_longer_than_the_limit_is_broken(busy_shop, run):
    assert run("--waiting-limit", "0")[1] == "broken: outbox_delivered_in_time"
    assert run("--waiting-limit", "60")[1] == ""


@pytest.mark.parametrize("wrong", ["yesterday", "2026-13-01", ""])
def test_a_time_that_is_none_is_one_clear_error(db, run, wrong):
    assert "--since: must be a time as in RFC 3339" in run("--since", wrong)[1]


def test_a_time_that_is_yet_to_come_leaves_nothing_out(busy_shop, run):
    """frappe/erpnext#3859: a mistyped year is taken. Here all evidence was from before it, and nothing broken."""
    InboxEntry.objects.all().delete()

    assert "--since: must not be yet to come" in run("--since", "2099-01-01T00:00:00Z")[1]
    assert run("--since", "2026-01-01T00:00:00Z")[1].startswith("broken: ")
