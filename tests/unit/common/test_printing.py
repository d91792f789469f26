"""Text of unknown origin, as a terminal gets it."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.printing import never_fail, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Mugs & Söhne, 注文 😀", "Mugs & Söhne, 注文 😀"),
        # Not colours alone: Growth-Circle/cadis#2212 names titles and sequences that begin with 0x9b.
        ("\x1b[2J\x1b]0;owned\x07", r"\u001b[2J\u001b]0;owned\u0007"),
        ("a\r\nb\tc", r"a\u000d\u000ab\u0009c"),
        ("\x7f\x9b31m", r"\u007f\u009b31m"),  # 0x9b begins a sequence like ESC [
        ("gnp\u202ecod", r"gnp\u202ecod"),
        ("a\u2028b\u200bc\ufeff", r"a\u2028b\u200bc\ufeff"),
        ("byte \udcff", r"byte \udcff"),
        ("\U000e0001", r"\udb40\udc01"),
        (r"a\u001b", r"a\u001b"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped_and_the_rest_stays(text, shown):
    assert printable(text) == shown


def test_characters_can_be_kept():
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\u001b"


@given(st.text())
def test_all_of_it_can_be_printed(text):
    assert printable(text).isprintable()


@given(st.text(st.characters()))
def test_a_json_document_says_the_same(text):
    assert json.loads(printable(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@given(text=st.text(st.characters(exclude_characters="\r\n")))
def test_no_encoding_ends_in_an_error_and_json_stays_json(encoding, text):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    never_fail(stream)

    stream.write(json.dumps(text, ensure_ascii=False))
    stream.flush()

    assert json.loads(raw.getvalue().decode(encoding)) == text


def test_other_streams_are_left_alone():
    stream = io.StringIO()
    never_fail(stream)

    stream.write("ü")

    assert stream.getvalue() == "ü"
