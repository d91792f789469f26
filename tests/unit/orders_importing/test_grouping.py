"""Grouping rows into orders."""

import pytest

from orders.importing.grouping import survey, whole_orders
from orders.importing.rows import Columns, UnreadableFile

COLUMNS = Columns(required=("reference", "sku"))


def grouped(*paths):
    surveyed = survey(paths, COLUMNS, "reference")
    orders = whole_orders(paths, COLUMNS, "reference", surveyed)
    return [(raw.reference, [row["sku"] for row in raw.rows]) for raw in orders]


def test_rows_of_a_reference_are_one_order_in_the_order_in_which_they_stand(write):
    path = write("reference,sku\nR1,B\nR1,A\nR2,C\n")

    assert grouped(path) == [("R1", ["B", "A"]), ("R2", ["C"])]


def test_rows_that_are_not_adjacent_are_one_order(write):
    path = write("reference,sku\nR1,A\nR2,C\n R1 ,B\n")

    assert grouped(path) == [("R2", ["C"]), ("R1", ["A", "B"])]


def test_rows_in_several_files_are_one_order(write):
    first, second = write("reference,sku\nR1,A\n", "1.csv"), write("sku,reference\nB,R1\n", "2.csv")

    assert grouped(first, second) == [("R1", ["A", "B"])]


def test_each_row_without_a_reference_is_an_order_of_its_own(write):
    path = write("reference,sku\n,A\nR1,B\n,C\n")

    assert grouped(path) == [("", ["A"]), ("R1", ["B"]), ("", ["C"])]


def test_a_file_given_twice_is_refused_for_its_lines_would_count_twice(write):
    path = write("reference,sku\nR1,A\n")

    with pytest.raises(UnreadableFile, match="has the same content as"):
        grouped(path, path)


def test_files_without_rows_may_be_alike(write):
    first, second = write("reference,sku\n", "1.csv"), write("reference,sku\n", "2.csv")

    assert grouped(first, second) == []


@pytest.mark.parametrize(
    "content",
    ["reference,sku\nR1,A\nR1,B\n", "reference,sku\nR1,A\nR2,B\n", "reference,sku\n"],
    ids=["more", "new", "less"],
)
def test_a_file_that_changes_between_the_two_readings_is_noticed(write, content):
    path = write("reference,sku\nR1,A\n")
    surveyed = survey([path], COLUMNS, "reference")
    write(content)

    with pytest.raises(UnreadableFile, match="changed while"):
        list(whole_orders([path], COLUMNS, "reference", surveyed))


def test_a_file_that_grows_while_it_is_read_gives_no_half_order(write):
    """One that is still being uploaded: R1 was imported without its second row, and skipped once the file was whole."""
    begun = "reference,sku\nR1,A\nR2,B\n"
    path = write(begun)
    surveyed = survey([path], COLUMNS, "reference")
    orders = whole_orders([path], COLUMNS, "reference", surveyed)
    write(f"{begun}R1,C\n")

    with pytest.raises(UnreadableFile, match=r"was changed while it was imported$"):
        next(orders)
