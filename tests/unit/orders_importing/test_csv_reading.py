"""Reading CSV files: valid ones, and errors with file, line and reason."""

import gzip
import os

import pytest

from orders.importing.csv_reading import check_different, number_if_whole, read_rows
from orders.importing.rows import Columns, UnreadableFile

COLUMNS = Columns(required=("reference", "sku"), optional=("note",), ignored=("reason",))


def rows(path):
    return [(row.line, row.cells) for row in read_rows(path, COLUMNS)]


def refusal(path):
    with pytest.raises(UnreadableFile) as error:
        rows(path)
    return str(error.value)


def test_cells_are_found_by_column_name_whatever_the_order_and_trimmed(write):
    path = write("note, sku ,reference\n a ,MUG, R1 \n")

    (row,) = read_rows(path, COLUMNS)

    assert (row["reference"], row["sku"], row["note"], row["reason"]) == ("R1", "MUG", "a", "")


def test_cells_are_trimmed_as_texts_are_in_the_api_and_keep_what_is_refused_there(write):
    path = write("reference,sku\n\u00a0R1\u3000,\tMUG\n")

    (row,) = read_rows(path, COLUMNS)

    assert (row["reference"], row["sku"]) == ("R1", "\tMUG")


@pytest.mark.parametrize(
    "content",
    [
        "reference,sku\nR1,MUG\n",
        "reference,sku\r\nR1,MUG\r\n",
        "reference,sku\nR1,MUG",
        "\ufeffreference,sku\nR1,MUG\n",
        '"reference","sku"\n"R1","MUG"\n',
        "\n\nreference,sku\n\nR1,MUG\n\n\n",
        # As spreadsheets leave rows and columns that were emptied.
        ",\nreference,sku\n,\nR1,MUG\n , \n,\n",
        "reference,sku,,\nR1,MUG,,\n,,,\n",
        'reference,sku,," "\nR1,MUG\n',
    ],
    ids=["plain", "windows", "no last line end", "BOM", "quoted", "blank lines", "blank rows", "padded", "half padded"],
)
def test_all_common_ways_to_write_csv_are_read_alike(write, content):
    assert [cells for _, cells in rows(write(content))] == [{"reference": "R1", "sku": "MUG"}]


def test_a_row_is_named_by_the_line_where_it_begins(write):
    path = write('reference,sku,note\nR1,MUG,"two\nlines"\nR2,CUP,\n')

    assert [line for line, _ in rows(path)] == [2, 4]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty: there is no line with the names of the columns"),
        (b"\n\n", "is empty"),
        (b"reference\nR1\n", "line 1: wrong columns (missing: sku); there must be reference,sku"),
        (b"reference,sku,colour\n", "line 1: wrong columns (unknown: 'colour')"),
        (b"reference,,sku\n", "line 1: wrong columns (unknown: '')"),
        (b",,\n , \n", "is empty"),
        (b"reference,sku,,\nR1,MUG,,,\n", "line 2: has 5 cells, but there are 2 columns"),
        (b"reference,sku,,\nR1,MUG,,9\n", "line 2: has 4 cells, but there are 2 columns"),
        (b"reference,sku\nR1,MUG,\n", "line 2: has 3 cells, but there are 2 columns"),
        (b"reference,sku,sku\n", "line 1: wrong columns (more than once: sku)"),
        (b"reference;sku\nR1;MUG\n", "line 1: its cells are separated by ';', and not by commas"),
        (b"reference\tsku\nR1\tMUG\n", "line 1: its cells are separated by '\\t', and not by commas"),
        (b"reference,sku\nR1,MUG\nR2\n", "line 3: has 1 cell, but there are 2 columns"),
        (b"reference,sku\nR1,MUG,9\n", "line 2: has 3 cells, but there are 2 columns"),
        (b"reference,sku\nR1,M\0G\n", "line 2: holds a NUL byte"),
        (b"reference,sku\nR1,MUG\nR2,T\xe9\n", "line 3: is not UTF-8 (byte 5 of the line)"),
        # openwisp/openwisp-radius#550: what a file is instead is said.
        ("reference,sku\nR1,MUG\n".encode("utf-16"), "is UTF-16: save it as CSV in UTF-8"),
        ("\ufeffreference,sku\nR1,MUG\n".encode("utf-16-be"), "is UTF-16: save it as CSV in UTF-8"),
        (gzip.compress(b"reference,sku\nR1,MUG\n", mtime=0), "is compressed by gzip"),
        (b"PK\x03\x04\x14\x00", "is a workbook or another archive"),
        (b"reference,sku\rR1,MUG\r", "line 1: has line ends of CR alone"),
        (b"reference,sku\nR1,MUG\rR2,CUP\n", "line 2: has line ends of CR alone"),
        ("reference,sku\nR1,MUG\n".encode("utf-16-le"), "is UTF-16: save it as CSV in UTF-8"),
        ("reference,sku\nR1,MUG\n".encode("utf-16-be"), "is UTF-16: save it as CSV in UTF-8"),
        (b'reference,sku\nR1,"MUG\nR2,CUP\n', "line 2: is not CSV: a quoted cell that begins here does not end"),
        (b'reference,sku\nR1,"M"UG\n', "line 2: is not CSV"),
        (b"x" * 2_000_000, "line 1: is longer than 1 MiB"),
        (b"reference,sku\nR1," + b"x" * 200_000 + b"\n", "line 2: is not CSV: a cell is longer than 128 KiB"),
    ],
)
def test_a_broken_file_is_refused_with_line_and_reason(write, content, problem):
    path = write(content)

    message = refusal(path)

    assert message.startswith(str(path))
    assert problem in message
    assert "\n" not in message
    assert len(message) < 1000


def test_cells_of_a_file_of_rejects_are_read_as_they_were_and_those_of_others_as_they_are(write):
    columns = Columns(required=("reference", "sku"), reject_columns=("file", "line", "reason"))

    (mended,) = read_rows(write("reference,sku,file,line,reason\n'=1+1,'=2,day.csv,'-1,\n"), columns)
    (other,) = read_rows(write("reference,sku,reason\n'=1+1,-2,\n", "other.csv"), columns)

    assert (mended["reference"], mended["sku"], mended["line"]) == ("=1+1", "=2", "-1")
    assert (other["reference"], other["sku"]) == ("'=1+1", "-2")


def test_a_header_of_very_many_columns_is_refused_at_once(write):
    assert "unknown" in refusal(write("reference,sku" + ",x" * 100_000 + "\n"))


def test_what_is_no_file_is_refused(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    assert refusal(tmp_path / "missing.csv").endswith("missing.csv: No such file or directory")
    assert refusal(tmp_path).endswith(": is not a regular file, and is read twice: write it to one first")
    assert refusal(fifo).endswith(": is not a regular file, and is read twice: write it to one first")


def test_files_of_the_same_content_are_refused(write):
    first, copy = write("reference,sku\n", "a.csv"), write("reference,sku\n", "b.csv")

    with pytest.raises(UnreadableFile, match=r"b\.csv: has the same content as .*a\.csv"):
        check_different([first, copy])


@pytest.mark.parametrize(
    ("text", "number"),
    [("6", 6), ("-1", -1), ("+2", 2), ("6.0", "6.0"), ("٣", "٣"), ("", ""), ("9" * 5000, "9" * 5000)],
)
def test_only_plain_digits_are_a_whole_number(text, number):
    assert number_if_whole(text) == number
