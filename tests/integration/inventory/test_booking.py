"""What people and imports do to stock: each change of a level is a movement."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from inventory.bookings import Booking
from inventory.exceptions import OnHandRefused, UnknownSku
from inventory.models import MAX_ON_HAND, StockItem, StockMovement
from inventory.reservations import reserve_stock_for_orders
from inventory.services import book, set_on_hand
from tests.concurrency import one_after_the_other
from tests.factories import StockItemFactory
from tests.plans import most_rows_read
from tests.stock import book_movement

Kind = StockMovement.Kind


def on_hand(sku: str) -> int:
    return StockItem.objects.get(sku=sku).on_hand


@pytest.mark.django_db
class TestByHand:
    def test_a_receipt_adds_to_what_is_there(self):
        StockItemFactory(sku="A", on_hand=5, reorder_point=3)

        movement = book_movement(sku="A", kind=Kind.RECEIPT, quantity=7, note="a delivery", actor="ann")

        item = StockItem.objects.get(sku="A")
        assert (item.on_hand, item.reserved, item.reorder_point) == (12, 0, 3)
        assert StockMovement.objects.get() == movement
        assert (movement.on_hand_change, movement.note, movement.actor) == (7, "a delivery", "ann")

    def test_a_receipt_makes_a_stock_item_of_a_sku_that_had_none(self):
        book_movement(sku="NEW", kind=Kind.RECEIPT, quantity=7)

        assert on_hand("NEW") == 7

    def test_an_adjustment_takes_away_what_was_not_found(self):
        StockItemFactory(sku="A", on_hand=5)

        book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=-2)

        assert on_hand("A") == 3

    def test_of_an_unknown_sku_there_is_nothing_to_adjust(self):
        with pytest.raises(UnknownSku, match="there is no stock item NONE"):
            book_movement(sku="NONE", kind=Kind.ADJUSTMENT, quantity=2)

    def test_an_adjustment_can_take_all_that_is_not_reserved(self):
        StockItemFactory(sku="A", on_hand=5, reserved=3)

        book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=-2)

        assert on_hand("A") == 3

    def test_an_adjustment_below_what_is_reserved_is_refused(self):
        StockItemFactory(sku="A", on_hand=5, reserved=3)

        with pytest.raises(OnHandRefused, match="A can't have 2 on hand: 3 are reserved"):
            book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=-3)

        assert on_hand("A") == 5
        assert not StockMovement.objects.exists()

    def test_there_can_be_too_much_to_count(self):
        StockItemFactory(sku="A", on_hand=MAX_ON_HAND)

        with pytest.raises(OnHandRefused, match="too many"):
            book_movement(sku="A", kind=Kind.RECEIPT, quantity=1)

    def test_what_came_in_can_be_reserved(self, placed):
        book_movement(sku="A", kind=Kind.RECEIPT, quantity=2)
        reserve_stock_for_orders([placed(("A", 2))])

        totals = StockMovement.objects.aggregate(Sum("on_hand_change"), Sum("reserved_change"))
        assert totals == {"on_hand_change__sum": 2, "reserved_change__sum": 2}


@pytest.mark.django_db
class TestSettingLevels:
    def test_many_skus_are_brought_to_their_numbers_by_movements(self):
        StockItemFactory(sku="MORE", on_hand=5)
        StockItemFactory(sku="LESS", on_hand=5)
        StockItemFactory(sku="SAME", on_hand=5)

        changed = set_on_hand(
            levels={"MORE": 8, "LESS": 0, "SAME": 5, "NEW": 3, "EMPTY": 0}, actor="ann", note="import"
        )

        assert changed == 3
        assert {sku: on_hand(sku) for sku in ("MORE", "LESS", "SAME", "NEW", "EMPTY")} == {
            "MORE": 8,
            "LESS": 0,
            "SAME": 5,
            "NEW": 3,
            "EMPTY": 0,
        }
        booked = StockMovement.objects.values_list("sku", "kind", "on_hand_change", "actor", "note")
        assert sorted(booked) == [
            ("LESS", "adjustment", -5, "ann", "import"),
            ("MORE", "adjustment", 3, "ann", "import"),
            ("NEW", "adjustment", 3, "ann", "import"),
        ]

    def test_every_sku_that_would_fall_below_its_reserved_is_named_and_nothing_changes(self):
        StockItemFactory(sku="A", on_hand=5, reserved=3)
        StockItemFactory(sku="B", on_hand=5, reserved=5)
        StockItemFactory(sku="C", on_hand=5)

        with pytest.raises(OnHandRefused) as refused:
            set_on_hand(levels={"A": 2, "B": 4, "C": 9, "D": 1})

        assert [(one.sku, one.detail) for one in refused.value.refused] == [
            ("A", "A can't have 2 on hand: 3 are reserved"),
            ("B", "B can't have 4 on hand: 5 are reserved"),
        ]
        assert on_hand("C") == 5
        assert not StockItem.objects.filter(sku="D").exists()

    def test_a_number_below_zero_is_refused(self):
        with pytest.raises(OnHandRefused, match="A can't have -1 on hand: 0 are reserved"):
            set_on_hand(levels={"A": -1})

    def test_the_costs_do_not_grow_with_the_number_of_skus(self, django_assert_num_queries):
        for size in (1, 200):
            with django_assert_num_queries(6):  # savepoint, insert, lock, write levels, write movements, release
                set_on_hand(levels={f"SKU-{size}-{number}": 5 for number in range(size)})


@pytest.mark.django_db(transaction=True)
def test_units_reserved_meanwhile_are_not_adjusted_away(placed):
    StockItemFactory(sku="A", on_hand=3)

    def adjust():
        with pytest.raises(OnHandRefused):
            book_movement(sku="A", kind=Kind.ADJUSTMENT, quantity=-2)

    one_after_the_other(lambda: reserve_stock_for_orders([placed(("A", 2))]), adjust)


@pytest.mark.django_db(transaction=True)
def test_two_first_receipts_of_a_sku_at_once_both_count():
    def receive():
        book_movement(sku="NEW", kind=Kind.RECEIPT, quantity=5)

    one_after_the_other(receive, receive)

    assert on_hand("NEW") == 10


@pytest.mark.django_db
def test_a_delivery_note_is_looked_up_as_fast_among_many():
    """While it is, nobody else can have anything of the sku: the lookup is made under its lock."""
    StockItemFactory(sku="A", on_hand=0)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO inventory_stockmovement (sku, kind, on_hand_change, reserved_change, document, note, actor)
            SELECT 'A', 'receipt', 1, 0, 'LS-' || n, '', '' FROM generate_series(1, 20000) AS n"""
        )
        cursor.execute("ANALYZE inventory_stockmovement")

    with CaptureQueriesContext(connection) as context:
        book(booking=Booking(sku="A", kind=Kind.RECEIPT, change=5, document="dn-1"))

    assert most_rows_read(context.captured_queries) < 100


@pytest.mark.django_db
class TestTheDatabaseItself:
    @pytest.fixture(autouse=True)
    def ledger(self):
        book_movement(sku="A", kind=Kind.RECEIPT, quantity=5)

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param("UPDATE inventory_stockmovement SET note = 'other'", id="update"),
            pytest.param("DELETE FROM inventory_stockmovement", id="delete"),
        ],
    )
    def test_the_ledger_is_append_only(self, change):
        with (
            pytest.raises(IntegrityError, match="the stock ledger is append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)

    @pytest.mark.parametrize(
        ("levels", "constraint"),
        [
            ({"reserved": 6}, "stock_reserved_0_to_on_hand"),
            ({"reserved": -1}, "reserved"),
            ({"on_hand": MAX_ON_HAND + 1}, "stock_on_hand_countable"),
        ],
    )
    def test_impossible_levels_are_refused(self, levels, constraint):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            StockItem.objects.filter(sku="A").update(**levels)

    @pytest.mark.parametrize(
        "movement",
        [
            {"kind": Kind.RECEIPT, "on_hand_change": -1},
            {"kind": Kind.ADJUSTMENT},
            {"kind": Kind.ADJUSTMENT, "on_hand_change": 1, "reserved_change": 1},
            {"kind": Kind.RESERVATION, "reserved_change": 1},
            {"kind": "theft", "on_hand_change": -1},
        ],
    )
    def test_a_movement_moves_what_its_kind_says(self, movement):
        with pytest.raises(IntegrityError, match="stock_movement_moves_what_its_kind_says"), transaction.atomic():
            StockMovement.objects.create(sku="A", **movement)
