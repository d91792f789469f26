"""A judge that can't fail proves nothing: each kind of broken promise is put before it, one at a time."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.chaos.consumed import ConsumedEvent
from tests.chaos.finding import FINDINGS
from tests.chaos.journal import Journal, RequestedOrder
from tests.chaos.judge import judge
from tests.chaos.judge_events import STORIES
from tests.chaos.stored import Stored, StoredInvoice, StoredOrder

BAGS, CUPS = (("BAG", 2), ("BAG", 1)), (("CUP", 4),)
TOPICS = {"order": "orders", "stock": "inventory", "invoice": "invoicing"}


def story(order: StoredOrder) -> list[ConsumedEvent]:
    """What is told of an order, as it should be."""
    return [
        ConsumedEvent(TOPICS[kind.split(".")[0]], 0, number, 1000 + number, order.id, f"{order.id}-{number}", kind)
        for number, kind in enumerate(STORIES[order.status])
    ]


class Books:
    """Five requested orders, all well: two confirmed, one rejected, one invalid, one never answered."""

    def __init__(self) -> None:
        self.journal = Journal(
            [
                RequestedOrder("r-1", BAGS, ids=["1", "1"]),
                RequestedOrder("r-2", CUPS, ids=["2"]),
                RequestedOrder("r-3", CUPS, ids=["3"]),
                RequestedOrder("r-4", BAGS, refusals=[422]),
                RequestedOrder("r-5", BAGS),
            ],
            Counter({201: 4, 422: 1, 503: 2, 0: 3}),
        )
        self.orders = [
            StoredOrder("1", "r-1", "confirmed", "INV-1", BAGS),
            StoredOrder("2", "r-2", "confirmed", "INV-2", CUPS),
            StoredOrder("3", "r-3", "rejected", "", CUPS),
        ]
        self.invoices = [StoredInvoice("INV-1", "1", "INV-2026", 1), StoredInvoice("INV-2", "2", "INV-2026", 2)]
        self.stock = {"BAG": (100, 3), "CUP": (6, 4)}
        self.unpublished = self.dead_letters = 0
        self.consumed = [record for order in self.orders for record in story(order)]

    def findings(self) -> dict[str, list[str]]:
        """What each kind of finding is about."""
        stored = Stored(self.orders, self.invoices, self.stock, self.unpublished, self.dead_letters)
        found: dict[str, list[str]] = {}
        for finding in judge(self.journal, stored, self.consumed):
            assert finding.kind in FINDINGS
            found.setdefault(finding.kind, []).append(finding.id)
        return found

    def remove(self, order_id: str) -> None:
        """As if the order had never been."""
        self.orders = [order for order in self.orders if order.id != order_id]
        self.consumed = [record for record in self.consumed if record.order_id != order_id]

    def change(self, number: int, **changes: object) -> None:
        self.orders[number] = replace(self.orders[number], **changes)


@pytest.fixture
def books() -> Books:
    return Books()


def test_when_all_is_well_nothing_is_found(books):
    assert books.findings() == {}


def test_an_order_of_which_its_client_never_heard_may_be_there_once(books):
    order = StoredOrder("5", "r-5", "rejected", "", (("CUP", 4),))
    books.journal.requested[4].lines = order.lines
    books.orders.append(order)
    books.consumed += story(order)

    assert books.findings() == {}


def test_a_delivery_that_is_repeated_is_no_fault_wherever_it_comes_again(books):
    books.consumed += [replace(record, offset=record.offset + 50, at=record.at + 9000) for record in books.consumed]

    assert books.findings() == {}


def test_an_accepted_order_that_is_not_there_is_lost(books):
    books.remove("3")

    assert books.findings() == {"lost": ["r-3"]}


def test_an_accepted_order_that_was_once_not_found_is_lost(books):
    books.journal.requested[0].not_found = 1

    assert books.findings() == {"lost": ["r-1"]}


def test_two_orders_of_one_wish_are_doubled(books):
    twin = StoredOrder("33", "r-3", "rejected", "", CUPS)
    books.orders.append(twin)
    books.consumed += story(twin)

    assert books.findings() == {"doubled": ["r-3"]}


def test_two_orders_of_a_wish_that_was_never_answered_are_doubled(books):
    for order_id in ("5", "55"):
        order = StoredOrder(order_id, "r-5", "rejected", "", CUPS)
        books.orders.append(order)
        books.consumed += story(order)
    books.journal.requested[4].lines = CUPS

    assert books.findings() == {"doubled": ["r-5"]}


def test_one_wish_that_was_answered_with_two_orders_is_doubled_and_one_of_them_lost(books):
    books.journal.requested[1].ids.append("22")

    assert books.findings() == {"doubled": ["r-2"], "lost": ["r-2"]}


def test_an_order_with_other_lines_than_were_asked_for_is_altered(books):
    books.change(2, lines=(("CUP", 5),))

    assert books.findings() == {"altered": ["r-3"]}


def test_an_answer_with_somebody_elses_order_is_altered(books):
    books.journal.requested[0].ids = ["2"]

    assert books.findings() == {"altered": ["r-1"]}


def test_an_order_that_was_refused_and_is_there_is_invented(books):
    books.journal.requested[2].ids, books.journal.requested[2].refusals = [], [422]

    assert books.findings() == {"invented": ["r-3"]}


def test_an_order_that_nobody_asked_for_is_invented(books):
    del books.journal.requested[2]

    assert books.findings() == {"invented": ["r-3"]}


def test_more_sold_than_there_is_is_oversold(books):
    books.stock["CUP"] = (3, 4)

    assert books.findings() == {"oversold": ["CUP"]}


@pytest.mark.parametrize("reserved", [2, 4])
def test_held_units_that_are_not_those_of_confirmed_orders_are_oversold(books, reserved):
    books.stock["BAG"] = (100, reserved)

    assert books.findings() == {"oversold": ["BAG"]}


def test_an_order_that_was_rejected_although_there_is_enough_is_found(books):
    books.stock["CUP"] = (8, 4)

    assert books.findings() == {"rejected without need": ["3"]}


def test_a_confirmed_order_without_an_invoice_is_misinvoiced(books):
    del books.invoices[1]

    assert books.findings() == {"misinvoiced": ["2"]}


def test_a_confirmed_order_with_two_invoices_is_misinvoiced(books):
    books.invoices.append(StoredInvoice("INV-3", "2", "INV-2026", 3))

    assert books.findings() == {"misinvoiced": ["2"]}


def test_an_order_that_shows_another_invoice_is_misinvoiced(books):
    books.change(1, invoice_number="INV-1")

    assert books.findings() == {"misinvoiced": ["2"]}


def test_an_invoice_of_a_rejected_order_and_one_of_none_are_misinvoiced(books):
    books.invoices += [StoredInvoice("INV-3", "3", "INV-2026", 3), StoredInvoice("INV-4", "9", "INV-2026", 4)]

    assert books.findings() == {"misinvoiced": ["3", "9"]}


@pytest.mark.parametrize("sequence", [1, 3])
def test_a_number_that_is_repeated_or_left_out_is_misinvoiced(books, sequence):
    books.invoices[1] = replace(books.invoices[1], sequence=sequence)

    assert books.findings() == {"misinvoiced": ["INV-2026"]}


def test_an_order_that_was_never_decided_is_stuck(books):
    books.change(2, status="placed")

    assert books.findings() == {"stuck": ["3"]}


def test_events_that_wait_or_were_set_aside_are_stuck(books):
    books.unpublished = books.dead_letters = 1

    assert books.findings() == {"stuck": ["outbox", "dead letters"]}


@pytest.mark.parametrize("number", range(7))
def test_any_event_that_nobody_hears_is_unpublished(books, number):
    silent = books.consumed.pop(number)

    assert books.findings() == {"unpublished": [silent.order_id]}


@pytest.mark.parametrize("number", range(7))
def test_any_event_that_is_told_under_two_ids_is_doubled(books, number):
    twin = books.consumed[number]
    books.consumed.append(replace(twin, event_id="another", offset=twin.offset + 90, at=twin.at + 90))

    assert "doubled" in books.findings()
    assert books.findings()["doubled"] == [twin.order_id]


def test_events_of_another_ending_or_of_no_order_are_invented(books):
    books.consumed += [
        ConsumedEvent("invoicing", 0, 90, 9000, "3", "e-90", "invoice.issued.v1"),
        ConsumedEvent("orders", 0, 91, 9000, "9", "e-91", "order.placed.v1"),
    ]

    assert books.findings() == {"invented": ["3", "9"]}


def test_an_effect_in_front_of_its_cause_in_one_topic_is_out_of_order(books):
    placed, confirmed = books.consumed[0], books.consumed[2]
    books.consumed[0], books.consumed[2] = (
        replace(placed, offset=confirmed.offset),
        replace(confirmed, offset=placed.offset),
    )

    assert books.findings() == {"out of order": ["1"]}


def test_an_effect_that_was_sent_before_its_cause_is_out_of_order(books):
    books.consumed[1] = replace(books.consumed[1], at=10)

    assert books.findings() == {"out of order": ["1"]}


def test_a_cause_that_is_delivered_again_behind_its_effect_is_in_order(books):
    books.consumed.append(replace(books.consumed[0], offset=99, at=99_000))

    assert books.findings() == {}


def test_an_answer_of_500_is_found(books):
    books.journal.statuses[500] = 2

    assert books.findings() == {"answered 500": ["500"]}


def test_a_run_in_which_nothing_was_accepted_is_no_clean_one(books):
    for order_id in ("1", "2", "3"):
        books.remove(order_id)
    books.journal.requested, books.invoices, books.stock = [], [], {}

    assert books.findings() == {"stuck": ["journal"]}
