"""Concurrent imports of the same orders, and an import beside a change."""

import threading

import pytest
from django.db import IntegrityError, connection

from messaging.events import new_id
from orders.catalogue import change_product
from orders.importing import storing
from orders.intake.place_orders import place_orders
from orders.models import Order, OrderLine, Product
from tests.concurrency import one_after_the_other
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_imports_of_the_same_orders_in_opposite_order_store_each_once(write_orders, import_orders, tmp_path):
    ProductFactory(sku="MUG")
    rows = [f"R{number:03},C-1,MUG,1" for number in range(300)]
    files = [write_orders(*rows, name="forth.csv"), write_orders(*reversed(rows), name="back.csv")]
    start, reports = threading.Barrier(2), []

    def work(path):
        try:
            start.wait(10)
            reports.append(import_orders(path).report)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[path]) for path in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(reports) == 2
    assert sum(report["accepted"] for report in reports) == sum(report["skipped"] for report in reports) == 300
    assert Order.objects.count() == OrderLine.objects.count() == 300


def test_what_another_import_was_first_with_is_skipped_and_the_rest_of_the_batch_is_stored(
    write_orders, import_orders, monkeypatch
):
    """The other import commits after this one looked for references and before it stores."""
    ProductFactory(sku="MUG")
    other = write_orders("R2,C-1,MUG,1", name="other.csv")
    tries = []

    def place(drafts):
        tries.append(len(drafts))
        if len(tries) == 1:
            monkeypatch.setattr(storing, "place_orders", place_orders)
            import_orders(other)
            monkeypatch.setattr(storing, "place_orders", place)
            raise _constraint_violation()
        return place_orders(drafts)

    monkeypatch.setattr(storing, "place_orders", place)
    report = import_orders(write_orders("R1,C-1,MUG,1", "R2,C-1,MUG,1", "R3,C-1,MUG,1")).report

    assert tries == [3, 3]
    assert (report["accepted"], report["skipped"]) == (2, 1)
    assert sorted(Order.objects.values_list("reference", flat=True)) == ["R1", "R2", "R3"]


def _constraint_violation() -> IntegrityError:
    """PostgreSQL's error for the second import of a reference."""
    stored = Order.objects.values().get()
    with pytest.raises(IntegrityError) as violation:
        Order.objects.create(**stored | {"id": new_id()})
    return violation.value


def test_what_is_changed_while_a_catalogue_is_imported_that_does_not_speak_of_it_stays(write, run):
    ProductFactory(sku="MUG", unit_code="C62")
    path = write("sku,name,unit_price,currency,tax_rate,on_hand", "MUG,Mug,2,GBP,0.2,5")

    one_after_the_other(
        lambda: change_product(sku="MUG", changes={"unit_code": "KGM"}, actor="shop"),
        lambda: run("import_catalogue", path),
    )

    product = Product.objects.get()
    assert (product.name, product.unit_code) == ("Mug", "KGM")
