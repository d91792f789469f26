"""Text is trimmed, and has no invisible characters."""

import unicodedata
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import ascii_upper, is_visible, parse_text, trim

SPACES = [chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs"]


@pytest.mark.parametrize("space", SPACES, ids=lambda space: f"U+{ord(space):04X}")
def test_every_space_of_unicode_is_trimmed_and_kept_in_between(space):
    assert parse_text(f"{space}{space}a{space}b{space}", max_length=3) == f"a{space}b"


@pytest.mark.parametrize(
    "character",
    [
        *["\x00", "\t", "\n", "\r", "\x1b", "\x1f", "\x7f", "\x85", "\x9f"],  # control characters
        *["\u00ad", "\u200b", "\u200d", "\u200e", "\u202e", "\u2060", "\u2066", "\ufeff", "\U000e0041"],  # format
        *["\u2028", "\u2029", "\ud800", "\udfff", "\ufdd0", "\ufffe", "\U0010ffff"],  # separators, and no characters
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)
@pytest.mark.parametrize("text", ["a{}b", "{}ab", "ab{}", "{}"])
def test_what_nobody_can_see_is_refused_wherever_it_stands(text, character):
    with pytest.raises(ValueError, match="none of them a control or format character"):
        parse_text(text.format(character), max_length=64)


@pytest.mark.parametrize(
    "text", ["Ünï-客戶 😀", "e\u0301", "❤\ufe0f", "\ue000", "\U0001fae8", "\u0915\u094d\u0937", "مرحبا"]
)
def test_any_script_and_symbol_stays_as_it_was_sent(text):
    assert parse_text(text, max_length=64) == text


@pytest.mark.parametrize("value", ["", " ", "\u3000", "x" * 65, None, 7, b"a", ["a"]])
def test_what_is_no_text_of_the_length_is_refused(value):
    with pytest.raises(ValueError, match="1 to 64 characters"):
        parse_text(value, max_length=64)


def test_the_length_counts_after_trimming():
    assert parse_text("x" * 64 + " " * 1000, max_length=64) == "x" * 64


@given(st.text())
def test_what_was_trimmed_has_nothing_left_to_trim(text):
    assert trim(trim(text)) == trim(text)
    assert trim(text) == text.strip("".join(SPACES))


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn"))))
def test_characters_that_unicode_knows_and_that_can_be_seen_are_visible(text):
    assert is_visible(text)


@given(st.text())
def test_only_a_to_z_are_upper_cased(text):
    assert ascii_upper(text) == "".join(c.upper() if c in ascii_lowercase else c for c in text)
