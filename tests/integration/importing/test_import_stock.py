"""manage.py import_stock: all lines or none, each document's once."""

import json

import pytest

from inventory import statements
from inventory.events import StockLow
from inventory.models import StockItem, StockMovement
from messaging.models import OutboxMessage
from tests.concurrency import one_after_the_other
from tests.factories import StockItemFactory

pytestmark = pytest.mark.django_db

HEADER = "document,sku,kind,quantity,reason,unit_cost,currency,note"


def levels() -> dict[str, int]:
    return dict(StockItem.objects.values_list("sku", "on_hand"))


def test_receipts_adjustments_and_counts_are_booked(write, run):
    StockItemFactory(sku="TEA", on_hand=10)
    StockItemFactory(sku="PIN", on_hand=10)
    rows = "DN-1, mug ,receipt,5,,2.50,GBP,by Smith", "A-1,TEA,adjustment,-3,damaged,,,", "ST-1,PIN,stock_take,7,,,,"

    said = run("import_stock", write(HEADER, *rows))

    assert said.out == "3 movements booked, 0 skipped that were booked before\n"
    assert levels() == {"MUG": 5, "TEA": 7, "PIN": 7}
    booked = StockMovement.objects.order_by("id").values_list("document", "kind", "on_hand_change", "reason", "note")
    assert list(booked) == [
        ("DN-1", "receipt", 5, "", "by Smith"),
        ("A-1", "adjustment", -3, "damaged", ""),
        ("ST-1", "adjustment", -3, "stock_take", ""),
    ]
    assert StockItem.objects.get(pk="MUG").value == 12.5


def test_columns_that_are_not_needed_may_be_missing(write, run):
    run("import_stock", write("sku,kind,document,quantity", "MUG,receipt,DN-1,5"))

    assert levels() == {"MUG": 5}


def test_a_quantity_of_a_receipt_adds_to_what_is_there(write, run):
    """open-mercato/open-mercato#4105: it silently set the level instead."""
    StockItemFactory(sku="MUG", on_hand=8)

    run("import_stock", write(HEADER, "DN-1,MUG,receipt,5,,,,"))

    assert levels() == {"MUG": 13}


def test_a_file_that_is_imported_again_books_nothing(write, run):
    path = write(HEADER, "DN-1,MUG,receipt,5,,2.50,GBP,", "DN-1,TEA,receipt,5,,,,", "ST-1,PIN,stock_take,7,,,,")
    StockItemFactory(sku="PIN", on_hand=10)
    run("import_stock", path)
    StockItem.objects.filter(sku="PIN").update(on_hand=9)  # since then, two were found

    report = run("import_stock", "--json", path).report

    assert report == {"dry_run": False, "rows": 3, "booked": 0, "skipped": 3}
    assert levels() == {"MUG": 5, "TEA": 5, "PIN": 9}


def test_lines_that_were_added_to_a_file_are_booked(write, run):
    run("import_stock", write(HEADER, "DN-1,MUG,receipt,5,,,,"))

    said = run("import_stock", write(HEADER, "DN-1,MUG,receipt,5,,,,", "DN-1,TEA,receipt,2,,,,"))

    assert said.out == "1 movement booked, 1 skipped that were booked before\n"
    assert levels() == {"MUG": 5, "TEA": 2}


def test_a_line_that_was_changed_since_is_refused(write, run):
    run("import_stock", write(HEADER, "DN-1,MUG,receipt,5,,,,"))
    path = write(HEADER, "DN-2,TEA,receipt,5,,,,", "DN-1,MUG,receipt,7,,,,")

    said, error = run("import_stock", path, fails=True).err.splitlines()

    assert said == f"{path}, line 3: document DN-1 was booked before for MUG, with other values"
    assert error == "nothing was booked: 1 problem, see above"
    assert levels() == {"MUG": 5}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",MUG,receipt,5,,,,", "document is missing"),
        ("DN-1,?,receipt,5,,,,", "sku must be 1 to 64 letters"),
        ("DN-1,MUG,theft,5,,,,", "kind must be receipt, adjustment or stock_take"),
        ("DN-1,MUG,receipt,,,,,", "quantity is missing"),
        ("DN-1,MUG,receipt,1.5,,,,", "quantity must be a whole number"),
        ("DN-1,MUG,receipt,-1,,,,", "quantity of a receipt must be 1 or more"),
        ("DN-1,MUG,receipt,1,,-2,GBP,", "unit_cost must be a number of 0 or more"),
        ("DN-1,MUG,receipt,1,,2.1234567,GBP,", "unit_cost must be a number of 0 or more"),
        ("DN-1,MUG,receipt,1,,2,GPB,", "currency must be a currency code of ISO 4217"),
        ("DN-1,MUG,receipt,1,,2,,", "currency is missing: a cost has one"),
        ("DN-1,TEA,adjustment,-1,theft,,,", "reason must be one of damaged"),
        ("DN-1,TEA,stock_take,-1,,,,", "quantity must be a whole number from 0"),
        ("DN-1,TEA,stock_take,3,lost,,,", "reason is unknown here"),
        ("DN-1,TEA,stock_take,3,,,,", "TEA can't have 3 on hand: 4 are reserved"),
        ("DN-1,TEA,adjustment,-9,lost,,,", "TEA can't have 1 on hand: 4 are reserved"),
        ("DN-1,NONE,adjustment,-1,lost,,,", "there is no stock item NONE"),
        ("DN-1,TEA,receipt,1,,2,EUR,", "what is there of TEA was bought in GBP"),
        ("DN-0,CUP,receipt,9,,,,", "document DN-0 names CUP already in "),
    ],
)
def test_a_wrong_line_in_the_middle_is_named_and_nothing_is_booked(write, run, line, problem):
    StockItemFactory(sku="TEA", on_hand=10, reserved=4, average_cost=1, cost_currency="GBP")
    path = write(HEADER, "DN-0,CUP,receipt,1,,,,", line, "DN-9,CUP,receipt,2,,,,")

    said, error = run("import_stock", path, fails=True).err.splitlines()

    assert said.startswith(f"{path}, line 3: {problem}")
    assert error == "nothing was booked: 1 problem, see above"
    assert levels() == {"TEA": 10}
    assert not StockMovement.objects.exists()


def test_each_wrong_line_of_all_files_is_named(write, run):
    StockItemFactory(sku="TEA", on_hand=10, reserved=4)
    StockItemFactory(sku="PIN", on_hand=10, reserved=4)
    first = write(HEADER, "DN-1,TEA,adjustment,-8,lost,,,", name="first.csv")
    second = write(HEADER, "DN-2,MUG,receipt,1,,,,", "DN-2,PIN,stock_take,0,,,,", name="second.csv")

    said = run("import_stock", first, second, fails=True).err.splitlines()

    assert [line.split(": ")[0] for line in said[:-1]] == [f"{first}, line 2", f"{second}, line 3"]


def test_a_dry_run_reports_the_same_and_books_nothing(write, run):
    StockItemFactory(sku="TEA", on_hand=10, reorder_point=5)
    path = write(HEADER, "DN-1,MUG,receipt,5,,,,", "DN-1,TEA,adjustment,-6,lost,,,")

    said = run("import_stock", "--dry-run", path)

    assert said.out == "2 movements would be booked, 0 skipped that were booked before\n"
    assert levels() == {"TEA": 10}
    assert not OutboxMessage.objects.exists()

    run("import_stock", path)

    assert OutboxMessage.objects.get().type == StockLow.TYPE


def test_a_dry_run_finds_what_the_import_would(write, run):
    StockItemFactory(sku="TEA", on_hand=10, reserved=4)
    path = write(HEADER, "DN-1,TEA,stock_take,3,,,,")

    assert "4 are reserved" in run("import_stock", "--dry-run", path, fails=True).err


def test_a_file_without_lines_books_nothing(write, run):
    assert run("import_stock", write(HEADER)).out == "0 movements booked, 0 skipped that were booked before\n"


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_a_file_at_once_book_it_once(write, run):
    path = write(HEADER, "DN-1,MUG,receipt,5,,,,", "DN-1,TEA,receipt,5,,,,")

    one_after_the_other(lambda: run("import_stock", path), lambda: run("import_stock", path))

    assert levels() == {"MUG": 5, "TEA": 5}


def test_a_document_is_the_same_in_capitals_or_not(write, run):
    """OCA/account-invoicing#92: so that one delivery is not booked twice by who spells its note in another way."""
    run("import_stock", write(HEADER, "Ls-1,MUG,receipt,5,,,,"))

    again = run("import_stock", write(HEADER, "LS-1,MUG,receipt,5,,,,", "ls-1,TEA,receipt,1,,,,"))
    changed = run("import_stock", write(HEADER, "ls-1,MUG,receipt,6,,,,"), fails=True)
    twice = run("import_stock", write(HEADER, "DN-2,MUG,receipt,6,,,,", "dn-2,MUG,receipt,6,,,,"), fails=True)

    assert again.out == "1 movement booked, 1 skipped that were booked before\n"
    assert "line 2: document ls-1 was booked before as Ls-1 for MUG, with other values" in changed.err
    assert "line 3: document dn-2 names MUG already in" in twice.err
    assert levels() == {"MUG": 5, "TEA": 1}


def test_documents_of_before_that_differ_in_their_capitals_are_told_apart(write, run):
    StockItemFactory(sku="MUG", on_hand=0)
    for document, units in (("DN-1", 5), ("dn-1", 6)):
        StockMovement.objects.create(sku="MUG", kind="receipt", on_hand_change=units, document=document)

    for row in ("DN-1,MUG,receipt,5,,,,", "dn-1,MUG,receipt,6,,,,"):
        said = run("import_stock", write(HEADER, row)).out
        assert said == "0 movements booked, 1 skipped that were booked before\n"


# akeneo/pim-community-dev#5195: a large import keeps rows locked for which others wait. Here it was a minute for 40,000
# lines, most of it the CPU of the ORM, and orders waited for their stock.
def test_many_lines_are_booked_by_statements_of_many_rows_in_their_order(write, run, monkeypatch):
    skus = [f"S{number}" for number in range(4001, 0, -1)]
    file = write(HEADER, *(f"DN-1,{sku},receipt,5,,,," for sku in skus))
    rows_of_statements = []
    execute = statements.execute

    def counted(sql, **parameters):
        if sql is statements._BOOK:
            rows_of_statements.append(len(json.loads(parameters["movements"])))
        return execute(sql, **parameters)

    monkeypatch.setattr(statements, "execute", counted)

    assert run("import_stock", file).out == "4001 movements booked, 0 skipped that were booked before\n"
    assert rows_of_statements == [2000, 2000, 1]
    assert list(StockMovement.objects.order_by("id").values_list("sku", flat=True)) == skus
    assert StockItem.objects.filter(on_hand=5).count() == len(skus)
