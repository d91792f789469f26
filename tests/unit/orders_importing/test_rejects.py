"""Refused rows as a file that can be mended and imported again."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orders.importing.column_profiles import STANDARD
from orders.importing.csv_reading import read_rows
from orders.importing.grouping import RawOrder
from orders.importing.reading import RowProblem
from orders.importing.rejects import writing_rejects
from orders.importing.report import Refusal
from orders.importing.rows import Row, UnreadableFile

COLUMNS = (*STANDARD.columns.required, *STANDARD.columns.optional)
ROWS = [
    Row(Path("day.csv"), 2, {"reference": "R1", "customer_id": "C-1", "sku": "MUG", "quantity": "2"}),
    Row(Path("day.csv"), 3, {"reference": "R1", "customer_id": "C-1", "sku": "A, B\n", "quantity": "0"}),
]


def refusal(*problems):
    return Refusal(RawOrder("R1", ROWS), [RowProblem(*problem) for problem in problems])


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "rejects.csv"
    with writing_rejects(path, STANDARD, [tmp_path / "day.csv"]) as reject:
        reject(refusal((ROWS[1], "sku", "is odd"), (ROWS[1], "quantity", "is 0")))
    return path


def test_all_rows_of_a_refused_order_are_written_each_with_file_line_and_reason(path):
    with path.open(newline="") as file:
        first, second = csv.DictReader(file)

    assert first == {
        "reference": "R1",
        "customer_id": "C-1",
        "sku": "MUG",
        "quantity": "2",
        "unit_price": "",
        "currency": "",
        "placed_at": "",
        "file": "day.csv",
        "line": "2",
        "reason": "the order is refused: see day.csv, line 3",
    }
    assert (second["sku"], second["line"], second["reason"]) == ("A, B\n", "3", "sku is odd; quantity is 0")


def test_what_was_written_can_be_read_as_it_is(path):
    assert [row["reference"] for row in read_rows(path, STANDARD.columns)] == ["R1", "R1"]


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20).map(str.strip)
ODD_CELLS = st.text("=+-@\t\r\n;,'\" ａ＝x1", max_size=8).map(str.strip)


def file_of_all_columns(folder: Path) -> Path:
    path = folder / "day.csv"
    path.write_text("\n".join([",".join(COLUMNS), ",".join("x" for _ in COLUMNS)]))
    return path


@given(cells=st.lists(CELLS | ODD_CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)).filter(any))
def test_whatever_a_row_holds_is_read_again_as_it_was(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("rejects")
    path, given_file = folder / "rejects.csv", file_of_all_columns(folder)
    row = Row(Path("=day.csv"), 7, dict(zip(COLUMNS, cells, strict=True)))
    problem = RowProblem(row, "", "@SUM(1)")

    with writing_rejects(path, STANDARD, [given_file]) as reject:
        reject(Refusal(RawOrder(row["reference"], [row]), [problem]))

    (again,) = read_rows(path, STANDARD.columns)
    assert again.cells == row.cells | {"file": "=day.csv", "line": "7", "reason": "@SUM(1)"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@example(cells=["x", ';"=1', *[""] * (len(COLUMNS) - 2)])
@given(cells=st.lists(ODD_CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)).filter(any))
def test_no_spreadsheet_finds_a_formula_however_it_separates_cells(tmp_path_factory, separator, cells):
    folder = tmp_path_factory.mktemp("rejects")
    path, given_file = folder / "rejects.csv", file_of_all_columns(folder)
    row = Row(Path("=day.csv"), 7, dict(zip(COLUMNS, cells, strict=True)))

    with writing_rejects(path, STANDARD, [given_file]) as reject:
        reject(Refusal(RawOrder(row["reference"], [row]), [RowProblem(row, "", "@SUM(1)")]))

    with path.open(newline="") as file:
        found = [cell for line in csv.reader(file, delimiter=separator) for cell in line]
    assert [cell for cell in found if cell.lstrip(" ").startswith(tuple("=+-@\t\r\n＝"))] == []


def test_an_input_is_not_overwritten_with_its_own_rejects(path):
    refused = pytest.raises(UnreadableFile, match="is to be imported: write the rejects to another file")
    with refused, writing_rejects(path, STANDARD, [path]):
        pass

    assert path.stat().st_size


def test_an_import_that_fails_before_it_refuses_an_order_leaves_the_rejects_of_the_one_before(path):
    """A file with wrong columns, say: where outputs are opened before inputs are read, it costs both.

    wc-duck/datalibrary#21, coreutils/coreutils#304
    """
    before = path.read_bytes()

    with pytest.raises(UnreadableFile, match="wrong columns"), writing_rejects(path, STANDARD, []):
        raise UnreadableFile("day.csv", "wrong columns")

    assert path.read_bytes() == before


def test_an_import_without_a_refused_order_leaves_none_of_the_one_before(path):
    with writing_rejects(path, STANDARD, []):
        pass

    assert list(read_rows(path, STANDARD.columns)) == []


def test_two_imports_at_once_do_not_write_over_each_others_rejects(path):
    with writing_rejects(path, STANDARD, []) as reject:
        reject(refusal((ROWS[1], "sku", "is odd")))
        at_once = pytest.raises(UnreadableFile, match="another import writes its rejects there")
        with at_once, writing_rejects(path, STANDARD, []):
            pass
        reject(refusal((ROWS[1], "sku", "is odder")))

    assert [row["reference"] for row in read_rows(path, STANDARD.columns)] == ["R1"] * 4


def test_a_pipe_takes_rejects_too(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    with writing_rejects(pipe, STANDARD, []) as reject:
        reject(refusal((ROWS[1], "sku", "is odd")))

    assert os.read(reader, 4096).count(b"R1,C-1") == len(ROWS)
    os.close(reader)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    refused = pytest.raises(UnreadableFile, match=r"nowhere/rejects\.csv: can't be written: No such file or directory")
    with refused, writing_rejects(tmp_path / "nowhere" / "rejects.csv", STANDARD, []):
        pass


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with writing_rejects(None, STANDARD, []) as reject:
        reject(refusal((ROWS[1], "sku", "is odd")))

    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_one_line_with_file_line_order_and_reason():
    assert str(refusal((ROWS[1], "sku", "is odd"))) == "day.csv, line 3: order R1: sku is odd"
    assert str(refusal((ROWS[0], "sku", "is odd"), (ROWS[1], "", "is worse"))).endswith("sku is odd (and 1 more)")
