"""A judge that can't fail proves nothing: each kind of broken promise is put before it, one at a time."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.chaos.consumed import ConsumedEvent
from tests.chaos.finding import FINDINGS
from tests.chaos.journal import Journal, Refusal, RequestedOrder, RequestedStep, Sighting
from tests.chaos.judge import judge
from tests.chaos.stored import (
    Stored,
    StoredCreditNote,
    StoredInvoice,
    StoredLine,
    StoredMovement,
    StoredOrder,
    StoredPrice,
    StoredShipment,
)

BAGS, CUPS = (("BAG", 2), ("BAG", 1)), (("CUP", 4),)
TOPICS = {"order": "orders", "stock": "inventory", "invoice": "invoicing", "credit_note": "invoicing"}
CONFIRMED = ("order.placed.v1", "stock.reserved.v1", "order.confirmed.v1", "invoice.issued.v1")
REJECTED = ("order.placed.v1", "stock.rejected.v1", "order.rejected.v1")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def ordered(lines=BAGS, **facts) -> tuple[StoredLine, ...]:
    return tuple(StoredLine(sku, units, **facts) for sku, units in lines)


def story(order_id: str, types: tuple[str, ...]) -> list[ConsumedEvent]:
    """What is told of an order, as it should be."""
    return [
        ConsumedEvent(TOPICS[kind.split(".")[0]], 0, number, 1000 + number, order_id, f"{order_id}-{number}", kind)
        for number, kind in enumerate(types)
    ]


class Books:
    """Seven requested orders, all well.

    Of bags: "1" is confirmed, "6" was sent in part, the rest cancelled and credited, and one that was sent is back.
    Of cups: "2" is confirmed, "3" rejected; "7" waits. One order was invalid, one was never answered.
    """

    def __init__(self) -> None:
        self.journal = Journal(
            [
                RequestedOrder("r-1", BAGS, ids=["1", "1"]),
                RequestedOrder("r-2", CUPS, ids=["2"]),
                RequestedOrder("r-3", CUPS, ids=["3"]),
                RequestedOrder("r-4", BAGS, refusals=[422]),
                RequestedOrder("r-5", BAGS),
                RequestedOrder("r-6", BAGS, ids=["6"]),
                RequestedOrder("r-7", CUPS, ids=["7"], may_wait=True),
            ],
            Counter({201: 6, 422: 1, 503: 2, 0: 3}),
            steps=[
                RequestedStep("w-1", "receipt", "CUP", {"CUP": 6}, answers=[{"id": 1}]),
                RequestedStep("w-2", "fulfil", "6", {1: 2}, answers=[{"status": "partly_fulfilled"}] * 2),
                RequestedStep("w-3", "cancel", "6", answers=[{"status": "fulfilled"}]),
                RequestedStep("w-4", "credit", "INV-6", {1: 1}, restock=True, answers=[{"number": "CN-2"}]),
                RequestedStep("w-5", "cancel", "6", refusals=[refusal("order-not-cancellable", "fulfilled")]),
                RequestedStep("w-6", "fulfil", "6", {2: 1}, refusals=[refusal("quantity-not-open", "", in_doubt=True)]),
                RequestedStep("w-7", "credit", "INV-6", {1: 2}, refusals=[refusal("more-than-billed", "")]),
                RequestedStep("w-8", "stock-take", "", {"BAG": 99, "CUP": 6}, answers=[{"movements": []}]),
                RequestedStep("2.100001", "price", "CUP", answers=[{"unit_price": "2.100001"}]),
                RequestedStep("w-9", "adjustment", "CUP", {"CUP": -5}, refusals=[refusal("on-hand-refused", "")]),
                RequestedStep("w-10", "fulfil", "7"),
            ],
            sightings=[Sighting("6", 1.0, 1.1, "confirmed"), Sighting("6", 1.2, 1.3, "fulfilled")],
        )
        price = Decimal("1.5")
        self.orders = [
            StoredOrder(
                "1", "r-1", "confirmed", "INV-1", ordered(unit_price=price), placed_at=NOON, decision="reserved"
            ),
            StoredOrder("2", "r-2", "confirmed", "INV-2", ordered(CUPS), placed_at=NOON, decision="reserved"),
            StoredOrder("3", "r-3", "rejected", "", ordered(CUPS), placed_at=NOON, decision="rejected"),
            StoredOrder(
                *("6", "r-6", "fulfilled", "INV-6"),
                (
                    StoredLine("BAG", 2, fulfilled=2, unit_price=price),
                    StoredLine("BAG", 1, cancelled=1, unit_price=price),
                ),
                placed_at=NOON,
                cancelled_from="partly_fulfilled",
                reason="w-3",
                decision="reserved",
                credit_notes=("CN-1", "CN-2"),
            ),
            StoredOrder(
                *("7", "r-7", "backordered", "", ordered(CUPS)),
                may_wait=True,
                placed_at=NOON,
                waited=True,
                decision="backordered",
            ),
        ]
        self.invoices = [
            StoredInvoice("INV-1", "1", "INV-2026", 1, {1: 2, 2: 1}, Decimal("4.50")),
            StoredInvoice("INV-2", "2", "INV-2026", 2, {1: 4}, Decimal("8.40")),
            StoredInvoice("INV-6", "6", "INV-2026", 3, {1: 2, 2: 1}, Decimal("4.50")),
        ]
        self.credit_notes = [
            StoredCreditNote("CN-1", "INV-6", "6", "CN-2026", 1, {2: 1}, "w-3", total=Decimal("1.50")),
            StoredCreditNote("CN-2", "INV-6", "6", "CN-2026", 2, {1: 1}, "w-4", True, True, Decimal("1.50")),
        ]
        self.shipments = [StoredShipment(1, "6", "w-2", False, {1: 2})]
        self.movements = [
            StoredMovement("BAG", "adjustment", on_hand=100),
            StoredMovement("CUP", "receipt", on_hand=6, document="w-1"),
            StoredMovement("BAG", "reservation", reserved=3, order_id="1"),
            StoredMovement("CUP", "reservation", reserved=4, order_id="2"),
            StoredMovement("BAG", "reservation", reserved=3, order_id="6"),
            StoredMovement("CUP", "backorder", backordered=4, order_id="7"),
            StoredMovement("BAG", "issue", on_hand=-2, reserved=-2, order_id="6", reference="S-1"),
            StoredMovement("BAG", "release", reserved=-1, order_id="6"),
            StoredMovement("BAG", "return", on_hand=1, order_id="6", reference="CN-2"),
            StoredMovement("BAG", "adjustment", on_hand=0, document="w-8", counted=99),
            StoredMovement("CUP", "adjustment", on_hand=0, document="w-8", counted=6),
        ]
        self.prices = [
            StoredPrice("BAG", price, NOON - timedelta(days=1), NOON - timedelta(days=1)),
            StoredPrice(
                "CUP", Decimal("2.100001"), NOON + timedelta(hours=1), NOON + timedelta(hours=1), by_staff=True
            ),
        ]
        self.stock = {"BAG": (99, 3, 0), "CUP": (6, 4, 4)}
        self.unpublished = self.dead_letters = 0
        self.consumed = [
            *(*story("1", CONFIRMED), *story("2", CONFIRMED), *story("3", REJECTED)),
            *story(
                "6",
                (*CONFIRMED, "order.partly_fulfilled.v1", "order.cancelled.v1", *["credit_note.issued.v1"] * 2),
            ),
            *story("7", ("order.placed.v1", "stock.backordered.v1", "order.backordered.v1")),
        ]

    def findings(self) -> dict[str, list[str]]:
        """What each kind of finding is about."""
        stored = Stored(
            self.orders,
            self.invoices,
            self.stock,
            self.credit_notes,
            self.shipments,
            self.movements,
            self.prices,
            self.unpublished,
            self.dead_letters,
        )
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

    def step(self, name: str) -> RequestedStep:
        (found,) = [step for step in self.journal.steps if step.name == name]
        return found


def refusal(problem: str, status: str, *, in_doubt: bool = False) -> Refusal:
    return Refusal(409, problem, f"The order is {status}: it can't be done.", in_doubt)


@pytest.fixture
def books() -> Books:
    return Books()


def test_when_all_is_well_nothing_is_found(books):
    assert books.findings() == {}


def test_an_order_of_which_its_client_never_heard_may_be_there_once(books):
    order = StoredOrder("5", "r-5", "rejected", "", ordered(CUPS), decision="rejected")
    books.journal.requested[4].lines = order.lines
    books.orders.append(order)
    books.consumed += story("5", REJECTED)

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
    books.orders.append(StoredOrder("33", "r-3", "rejected", "", ordered(CUPS), decision="rejected"))
    books.consumed += story("33", REJECTED)

    assert books.findings() == {"doubled": ["r-3"]}


def test_two_orders_of_a_wish_that_was_never_answered_are_doubled(books):
    for order_id in ("5", "55"):
        books.orders.append(StoredOrder(order_id, "r-5", "rejected", "", ordered(CUPS), decision="rejected"))
        books.consumed += story(order_id, REJECTED)
    books.journal.requested[4].lines = CUPS

    assert books.findings() == {"doubled": ["r-5"]}


def test_one_wish_that_was_answered_with_two_orders_is_doubled_and_one_of_them_lost(books):
    books.journal.requested[1].ids.append("22")

    assert books.findings() == {"doubled": ["r-2"], "lost": ["r-2"]}


def test_an_order_with_other_lines_than_were_asked_for_is_altered(books):
    books.change(2, ordered=ordered((("CUP", 5),)))

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
    books.stock["CUP"] = (3, 4, 4)
    books.movements[1] = replace(books.movements[1], on_hand=3)
    books.step("w-1").wanted = {"CUP": 3}

    assert books.findings() == {"oversold": ["CUP"]}


def test_units_of_which_nobody_knows_are_oversold(books):
    books.stock["BAG"] = (100, 3, 0)

    assert books.findings() == {"oversold": ["BAG"]}


def test_units_that_are_waited_for_by_no_order_are_oversold(books):
    books.stock["CUP"] = (6, 4, 3)

    assert books.findings() == {"oversold": ["CUP"]}


@pytest.mark.parametrize("reserved", [2, 4])
def test_held_units_that_are_not_those_of_confirmed_orders_are_oversold(books, reserved):
    books.stock["BAG"] = (99, reserved, 0)

    assert books.findings() == {"oversold": ["BAG"]}


def test_an_order_that_was_rejected_although_there_was_always_enough_is_found(books):
    books.change(2, ordered=ordered((("BAG", 4),), unit_price=Decimal("1.5")))
    books.journal.requested[2].lines = books.orders[2].lines

    assert books.findings() == {"rejected without need": ["3"]}


def test_an_order_that_may_wait_and_was_rejected_is_found(books):
    books.journal.requested[2].may_wait = True
    books.change(2, may_wait=True)

    assert books.findings() == {"rejected without need": ["3"]}


def test_an_order_that_waits_although_its_turn_has_come_is_stuck(books):
    books.movements[1] = replace(books.movements[1], on_hand=8)
    books.step("w-1").wanted = {"CUP": 8}
    books.stock["CUP"] = (8, 4, 4)

    assert books.findings() == {"stuck": ["7"]}


def test_an_order_that_waits_and_did_not_want_to_is_invented(books):
    books.change(4, may_wait=False)

    assert books.findings() == {"invented": ["7"]}


def test_a_confirmed_order_without_an_invoice_is_misinvoiced(books):
    del books.invoices[1], books.consumed[7]
    books.invoices[1] = replace(books.invoices[1], sequence=2)

    assert books.findings() == {"misinvoiced": ["2"]}


def test_a_confirmed_order_with_two_invoices_is_misinvoiced(books):
    books.invoices.append(StoredInvoice("INV-4", "2", "INV-2026", 4, {1: 4}))
    books.consumed += [replace(books.consumed[7], event_id="another", offset=80, at=8000)]

    assert books.findings() == {"misinvoiced": ["2"]}


def test_an_order_that_shows_another_invoice_is_misinvoiced(books):
    books.change(1, invoice_number="INV-1")

    assert books.findings() == {"misinvoiced": ["2"]}


def test_an_invoice_of_a_rejected_order_and_one_of_none_are_misinvoiced(books):
    books.invoices += [StoredInvoice("INV-4", "3", "INV-2026", 4), StoredInvoice("INV-5", "9", "INV-2026", 5)]
    books.consumed.append(ConsumedEvent("invoicing", 0, 90, 9000, "3", "e-90", "invoice.issued.v1"))

    assert books.findings() == {"misinvoiced": ["3", "9"]}


@pytest.mark.parametrize("sequence", [1, 4])
def test_a_number_that_is_repeated_or_left_out_is_misinvoiced(books, sequence):
    books.invoices[1] = replace(books.invoices[1], sequence=sequence)

    assert books.findings() == {"misinvoiced": ["INV-2026"]}


def test_an_order_that_was_never_decided_is_stuck(books):
    books.change(2, status="placed", decision="")
    del books.consumed[9:11]

    assert books.findings() == {"stuck": ["3"]}


def test_events_that_wait_or_were_set_aside_are_stuck(books):
    books.unpublished = books.dead_letters = 1

    assert books.findings() == {"stuck": ["outbox", "dead letters"]}


@pytest.mark.parametrize("number", range(22))
def test_any_event_that_nobody_hears_is_unpublished(books, number):
    silent = books.consumed.pop(number)

    assert books.findings() == {"unpublished": [silent.order_id]}


@pytest.mark.parametrize("number", range(22))
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
    for order_id in ("1", "2", "3", "6", "7"):
        books.remove(order_id)
    books.journal.requested, books.journal.steps, books.journal.sightings = [], [], []
    books.invoices, books.credit_notes, books.shipments = [], [], []
    books.stock, books.movements, books.prices = {}, [], []

    assert books.findings() == {"stuck": ["journal"]}


# --- steps that staff took --------------------------------------------------------------------------------------------


def test_what_was_done_and_is_not_there_is_lost(books):
    books.prices = books.prices[:1]

    assert books.findings() == {"lost": ["2.100001"]}


@pytest.mark.parametrize("number", [1, 9])
def test_a_booking_that_is_there_twice_is_doubled(books, number):
    books.movements.append(replace(books.movements[number], on_hand=0))

    found = books.findings()

    assert found["doubled"] == [books.movements[number].document]


def test_a_shipment_that_is_there_twice_is_doubled(books):
    books.shipments.append(replace(books.shipments[0], id=2))

    assert books.findings()["doubled"] == ["w-2"]


def test_a_step_that_was_refused_and_done_is_invented(books):
    books.step("w-2").answers, books.step("w-2").refusals = [], [refusal("quantity-not-open", "")]

    assert books.findings()["invented"] == ["w-2"]


def test_a_step_of_which_an_earlier_try_was_not_answered_may_be_done_although_it_was_refused_then(books):
    books.step("w-2").answers, books.step("w-2").refusals = (
        [],
        [refusal("order-not-fulfillable", "placed", in_doubt=True)],
    )

    assert books.findings() == {}


def test_a_step_that_nobody_asked_for_is_invented(books):
    books.journal.steps.remove(books.step("w-4"))

    assert books.findings() == {"invented": ["w-4"]}


def test_an_impossible_step_that_was_done_is_invented(books):
    books.step("w-2").impossible = True

    assert books.findings() == {"invented": ["w-2"]}


@pytest.mark.parametrize(
    ("name", "wanted"), [("w-1", {"CUP": 7}), ("w-2", {1: 1}), ("w-4", {2: 1}), ("w-8", {"BAG": 99})]
)
def test_a_step_that_was_done_otherwise_than_asked_is_altered(books, name, wanted):
    books.step(name).wanted = wanted

    assert books.findings() == {"altered": [name]}


def test_one_key_that_was_answered_in_two_ways_is_altered(books):
    books.step("w-2").answers = [{"status": "partly_fulfilled"}, {"status": "fulfilled"}]

    assert books.findings() == {"altered": ["w-2"]}


@pytest.mark.parametrize(
    ("name", "problem", "status"),
    [
        ("w-5", "order-not-cancellable", "cancelled"),  # it is fulfilled
        ("w-5", "order-not-cancellable", "confirmed"),  # then it can be cancelled
        ("w-6", "order-not-fulfillable", "confirmed"),  # then it can be sent
        ("w-6", "order-not-fulfillable", "cancelled"),
        ("w-7", "nothing-left-to-credit", ""),
        ("w-9", "booking-refused", ""),
        ("w-9", "price-in-the-past", ""),
    ],
)
def test_a_refusal_that_does_not_hold_is_untrue(books, name, problem, status):
    books.step(name).refusals = [refusal(problem, status)]

    assert books.findings() == {"untrue": [name]}


@pytest.mark.parametrize(("name", "wanted"), [("w-7", {1: 1})])
def test_a_quantity_that_was_refused_and_is_left_is_untrue(books, name, wanted):
    books.step(name).wanted = wanted

    assert books.findings() == {"untrue": [name]}


def test_a_quantity_that_was_refused_and_is_open_is_untrue(books):
    books.journal.steps.append(
        RequestedStep("w-11", "fulfil", "1", {1: 2}, refusals=[refusal("quantity-not-open", "")])
    )

    assert books.findings() == {"untrue": ["w-11"]}


def test_a_step_that_is_told_that_it_was_done_already_is_untrue(books):
    books.step("w-3").answers, books.step("w-3").refusals = (
        [],
        [refusal("order-not-cancellable", "fulfilled", in_doubt=True)],
    )

    assert books.findings() == {"untrue": ["w-3"]}


def test_an_order_that_is_seen_earlier_in_its_life_than_before_went_back(books):
    books.journal.sightings.append(Sighting("6", 1.4, 1.5, "confirmed"))

    assert books.findings() == {"went back": ["6"]}


def test_two_answers_at_the_same_time_may_differ(books):
    books.journal.sightings.append(Sighting("6", 1.25, 1.5, "confirmed"))

    assert books.findings() == {}


def test_an_end_that_is_another_later_went_back(books):
    books.journal.sightings.append(Sighting("6", 1.4, 1.5, "cancelled"))

    assert books.findings() == {"went back": ["6"]}


# --- credit notes and prices ------------------------------------------------------------------------------------------


def test_more_credited_than_billed_is_misinvoiced(books):
    books.credit_notes[1] = replace(books.credit_notes[1], quantities={1: 3})
    books.step("w-4").wanted = {1: 3}

    assert "INV-6" in books.findings()["misinvoiced"]


def test_a_cancellation_that_is_not_credited_is_misinvoiced(books):
    del books.credit_notes[0], books.consumed[-4]
    books.credit_notes[0] = replace(books.credit_notes[0], sequence=1)
    books.change(3, credit_notes=("CN-2",))

    assert books.findings() == {"misinvoiced": ["6"]}


def test_parts_that_do_not_come_to_the_whole_are_misinvoiced(books):
    books.invoices[2] = replace(books.invoices[2], total=Decimal("2.99"))

    assert books.findings() == {"misinvoiced": ["INV-6"]}


def test_a_credit_note_that_its_order_does_not_show_is_misinvoiced(books):
    books.change(3, credit_notes=("CN-1",))

    assert books.findings() == {"misinvoiced": ["6"]}


def test_units_that_come_back_without_having_left_are_misinvoiced(books):
    books.movements[-3] = replace(books.movements[-3], on_hand=3)

    assert books.findings()["misinvoiced"] == ["6", "CN-2"]


def test_units_that_do_not_come_back_are_misinvoiced(books):
    del books.movements[-3]
    books.stock["BAG"] = (98, 3, 0)

    assert books.findings() == {"misinvoiced": ["CN-2"]}


def test_an_order_that_cost_another_price_than_held_is_altered(books):
    books.change(0, ordered=ordered(unit_price=Decimal("1.4")))

    assert books.findings() == {"altered": ["1", "1"]}


def test_a_price_that_was_set_just_before_an_order_may_not_be_known_everywhere(books):
    books.prices.append(StoredPrice("BAG", Decimal(2), NOON - timedelta(seconds=3), NOON - timedelta(seconds=3)))
    assert books.findings() == {}

    books.prices[-1] = replace(books.prices[-1], set_at=NOON - timedelta(seconds=40))
    assert books.findings() == {"altered": ["1", "1", "6", "6"]}
