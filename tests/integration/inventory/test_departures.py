"""What is held for orders is sent or released once, whatever comes again; and what comes back is on hand."""

import pytest
from django.db import IntegrityError, connection, transaction

from inventory.allocation import Return, covered
from inventory.consumers import CONSUMER
from inventory.departures import issue_stock, release_stock
from inventory.events import (
    CreditNoteIssued,
    OrderCancelled,
    OrderedLine,
    OrderFulfilled,
    OrderPartlyFulfilled,
    StockReplenished,
    StockReserved,
)
from inventory.exceptions import NotHeld
from inventory.models import PendingReturn, Reservation, ReservationDecision, StockItem, StockMovement
from inventory.reservations import reserve_stock_for_orders
from inventory.returns import return_stock
from inventory.selectors import recorded_reservations
from messaging.consuming.batches import BatchHandler
from messaging.models import DeadLetter
from messaging.transport.base import Record
from tests.concurrency import one_after_the_other
from tests.factories import StockItemFactory
from tests.toy_events import as_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(placed):
    """An order of 2 + 3 mugs and a tea, for which all is held."""
    StockItemFactory(sku="MUG", on_hand=10)
    StockItemFactory(sku="TEA", on_hand=4)
    order = placed(("MUG", 2), ("TEA", 1), ("MUG", 3))
    with transaction.atomic():
        reserve_stock_for_orders([order])
    return order.order_id


def lines(**quantities):
    return [OrderedLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]


def cancelled(order_id, **quantities):
    return OrderCancelled(order_id=order_id, lines=lines(**quantities))


def part(order_id, shipment, **quantities):
    return OrderPartlyFulfilled(order_id=order_id, shipment=shipment, lines=lines(**quantities))


def last(order_id, shipment, **quantities):
    return OrderFulfilled(order_id=order_id, shipment=shipment, lines=lines(**quantities))


def credited(order_id, number, *, restock=True, **quantities):
    return CreditNoteIssued(order_id=order_id, number=number, restock=restock, lines=lines(**quantities))


def levels(**_):
    return {item.sku: (item.on_hand, item.reserved) for item in StockItem.objects.all()}


def held():
    return dict(Reservation.objects.values_list("sku", "quantity"))


def ledger(kind):
    rows = StockMovement.objects.filter(kind=kind).order_by("reference", "sku")
    return [(row.reference, row.sku, row.on_hand_change, row.reserved_change) for row in rows]


def test_what_is_held_for_a_cancelled_order_is_released(order):
    release_stock([cancelled(order, MUG=5, TEA=1)])

    assert levels() == {"MUG": (10, 0), "TEA": (4, 0)}
    assert held() == {}
    assert ledger("release") == [("", "MUG", 0, -5), ("", "TEA", 0, -1)]


def test_what_was_sent_is_issued(order):
    issue_stock([last(order, "S-000001", MUG=5, TEA=1)])

    assert levels() == {"MUG": (5, 0), "TEA": (3, 0)}
    assert held() == {}
    assert ledger("issue") == [("S-000001", "MUG", -5, -5), ("S-000001", "TEA", -1, -1)]


def test_parts_are_issued_one_by_one_and_the_rest_is_released(order):
    issue_stock([part(order, "S-000001", MUG=2), part(order, "S-000002", MUG=1)])
    assert (levels(), held()) == ({"MUG": (7, 2), "TEA": (4, 1)}, {"MUG": 2, "TEA": 1})

    release_stock([cancelled(order, MUG=2, TEA=1)])

    assert (levels(), held()) == ({"MUG": (7, 0), "TEA": (4, 0)}, {})


# saleor/saleor#… is looked up in the closing note; the kind: an event that comes again counts twice.
def test_what_comes_again_under_another_id_has_no_effect(order):
    events = [part(order, "S-000001", MUG=2), part(order, "S-000002", MUG=2), cancelled(order, MUG=1, TEA=1)]
    deliver(*events)
    before = (levels(), held(), StockMovement.objects.count())

    deliver(*events)
    deliver(*reversed(events))

    assert (levels(), held(), StockMovement.objects.count()) == before


def test_a_cancellation_that_comes_again_before_a_shipment_releases_nothing_of_it(order):
    release_stock([cancelled(order, MUG=3, TEA=1)])
    release_stock([cancelled(order, MUG=3, TEA=1)])
    issue_stock([part(order, "S-000001", MUG=2)])

    assert levels() == {"MUG": (8, 0), "TEA": (4, 0)}


def test_an_order_that_was_cancelled_before_it_was_decided_on_is_never_reserved(placed, recorded):
    StockItemFactory(sku="MUG", on_hand=10)
    order = placed(("MUG", 2))
    release_stock([cancelled(order.order_id, MUG=2)])

    reserve_stock_for_orders([order])

    assert ReservationDecision.objects.get().outcome == "cancelled"
    assert (levels(), recorded(StockReserved)) == ({"MUG": (10, 0)}, [])


def test_of_an_order_that_was_short_nothing_is_released(placed):
    StockItemFactory(sku="MUG", on_hand=1)
    order = placed(("MUG", 2))
    reserve_stock_for_orders([order])

    release_stock([cancelled(order.order_id, MUG=2)])

    assert (levels(), ledger("release")) == ({"MUG": (1, 0)}, [])
    assert ReservationDecision.objects.get().outcome == "rejected"


def test_more_than_is_held_is_not_issued_and_nothing_of_it_is(order):
    with pytest.raises(NotHeld):
        issue_stock([part(order, "S-000001", MUG=3, TEA=2)])

    assert levels() == {"MUG": (10, 5), "TEA": (4, 1)}


def test_other_orders_keep_what_is_held_for_them(order, placed):
    other = placed(("MUG", 4))
    reserve_stock_for_orders([other])

    release_stock([cancelled(order, MUG=5, TEA=1)])
    issue_stock([last(other.order_id, "S-000001", MUG=4)])

    assert levels() == {"MUG": (6, 0), "TEA": (4, 0)}


def test_what_was_announced_as_reserved_is_told_the_same_after_it_was_sent(order, recorded):
    issue_stock([last(order, "S-000001", MUG=5, TEA=1)])

    assert recorded_reservations([order]) == {order: recorded(StockReserved)[0]}


# --- returns ----------------------------------------------------------------------------------------------------------


def test_what_a_credit_note_brings_back_is_on_hand(order):
    issue_stock([last(order, "S-000001", MUG=5, TEA=1)])

    return_stock(
        [credited(order, "CN-1", MUG=2), credited(order, "CN-2", MUG=1), credited(order, "CN-3", restock=False)]
    )

    assert levels() == {"MUG": (8, 0), "TEA": (3, 0)}
    assert ledger("return") == [("CN-1", "MUG", 2, 0), ("CN-2", "MUG", 1, 0)]


def test_a_credit_note_without_restock_moves_nothing(order):
    deliver(credited(order, "CN-1", restock=False, MUG=2))

    assert ledger("return") == []


def test_a_credit_note_counts_once(order):
    deliver(part(order, "S-000001", MUG=2), credited(order, "CN-1", MUG=2))
    deliver(credited(order, "CN-1", MUG=2), credited(order, "CN-1", MUG=2))

    assert levels()["MUG"] == (10, 3)


# PrestaShop/PrestaShop#16869: what was refunded before it was shipped was on the shelf twice.
def test_what_was_never_sent_does_not_come_back(order):
    deliver(credited(order, "CN-1", MUG=2))
    deliver(credited(order, "CN-1", MUG=2))

    assert (levels(), ledger("return")) == ({"MUG": (10, 5), "TEA": (4, 1)}, [])
    assert [each.quantities for each in PendingReturn.objects.all()] == [{"MUG": 2}]


def test_what_comes_back_before_stock_knows_that_it_left_is_booked_with_its_shipment(order):
    deliver(credited(order, "CN-1", MUG=4, TEA=1), credited(order, "CN-2", MUG=1))

    deliver(part(order, "S-000001", MUG=2))
    assert ledger("return") == [("CN-2", "MUG", 1, 0)]

    deliver(last(order, "S-000002", MUG=3, TEA=1))
    assert ledger("return") == [("CN-1", "MUG", 4, 0), ("CN-1", "TEA", 1, 0), ("CN-2", "MUG", 1, 0)]
    assert levels() == {"MUG": (10, 0), "TEA": (4, 0)}
    assert not PendingReturn.objects.exists()


def test_what_comes_back_is_announced_to_those_who_wait_though_it_came_before_its_shipment(order, placed, recorded):
    reserve_stock_for_orders([placed(("MUG", 6), allow_backorder=True)])
    return_stock([credited(order, "CN-1", MUG=2)])

    issue_stock([part(order, "S-000001", MUG=2)])

    assert [event.skus for event in recorded(StockReplenished)] == [["MUG"]]


def test_the_rule_takes_whole_returns_in_their_order(placed):
    order, other = placed().order_id, placed().order_id
    returns = [
        Return(order, "CN-1", {"MUG": 2, "TEA": 1}),
        Return(order, "CN-2", {"MUG": 2}),
        Return(order, "CN-3", {"MUG": 2}),
        Return(other, "CN-4", {"MUG": 1}),
    ]

    assert covered(returns, {(order, "MUG"): 3, (order, "TEA"): 0}) == [returns[1]]


# --- the database keeps it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "on_hand", "reserved", "reference"),
    [
        ("release", -1, -1, ""),
        ("release", 0, 1, ""),
        ("issue", -1, 0, "S-000001"),
        ("issue", -1, -1, ""),
        ("issue", 1, 1, "S-000001"),
        ("return", 1, 0, ""),
        ("return", 1, 1, "CN-1"),
        ("return", -1, 0, "CN-1"),
    ],
)
def test_a_movement_moves_what_its_kind_says(order, kind, on_hand, reserved, reference):
    with pytest.raises(IntegrityError, match="stock_movement_"), transaction.atomic():
        StockMovement.objects.create(
            sku="MUG",
            kind=kind,
            on_hand_change=on_hand,
            reserved_change=reserved,
            reference=reference,
            order_id=order,
        )


def test_the_database_books_a_step_of_an_order_once(order):
    issue_stock([part(order, "S-000001", MUG=2)])

    with pytest.raises(IntegrityError, match="stock_movement_once_for_an_order"), transaction.atomic():
        StockMovement.objects.create(
            sku="MUG", kind="issue", on_hand_change=-1, reserved_change=-1, order_id=order, reference="S-000001"
        )


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_of_a_shipment_at_once_issue_it_once(order):
    event = part(order, "S-000001", MUG=2)

    one_after_the_other(lambda: issue_stock([event]), lambda: issue_stock([event]))

    assert levels()["MUG"] == (8, 3)


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_at_the_moment_of_the_decision_leaves_nothing_held(placed):
    """Whichever is first."""
    StockItemFactory(sku="MUG", on_hand=10)
    orders = [placed(("MUG", 2)), placed(("MUG", 2))]
    for order, first in zip(orders, (True, False), strict=True):
        works = [
            lambda o=order: reserve_stock_for_orders([o]),
            lambda o=order: release_stock([cancelled(o.order_id, MUG=2)]),
        ]
        one_after_the_other(*(works if first else works[::-1]))

    assert levels() == {"MUG": (10, 0)}


def deliver(*events):
    """Handle events like the consumer, each with an event id of its own."""
    messages = [as_message(event) for event in events]
    BatchHandler(CONSUMER).handle(
        [Record(m.topic, 0, offset, m.key, m.value, m.headers) for offset, m in enumerate(messages)]
    )
    assert not DeadLetter.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
