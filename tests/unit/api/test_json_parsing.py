"""JSON in and out."""

import json
from contextlib import suppress
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.exceptions import NotJSON
from api.json import decode, encode
from common.errors import FieldError, Invalid


def test_numbers_that_are_not_whole_are_decimals():
    assert decode(b'{"a": 1.10, "b": 2, "c": 1e400}') == {"a": Decimal("1.10"), "b": 2, "c": Decimal("1E+400")}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": "\xff"}', "not UTF-8 (byte 7)"),
        ('{"a": "\ud800"}'.encode("utf-8", "surrogatepass"), "not UTF-8"),
        (b"{", "line 1, column 2"),
        (b"{} {}", "Extra data"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": 1e99999999999999999999}', "out of range"),
        (b"1" * 5000, "out of range"),
        (b'{"a": "\x00"}', "Invalid control character"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"{'a': 1}", "line 1"),
        (b'[{"a": 1, "a": 2}, x', "line 1, column 20"),
        (b'[{"a": 1, "a": 2}, NaN]', "NaN is not JSON"),
    ],
)
def test_what_is_not_json_is_refused_with_the_reason(body, says):
    with pytest.raises(NotJSON, match=says.replace("(", r"\(").replace(")", r"\)")):
        decode(body)


def test_every_key_that_an_object_has_twice_is_named():
    body = b'{"a": 1, "lines": [{"sku": 1}, {"sku": 1, "x": {"y~/": 1, "y~/": 2}, "sku": 2}], "a": 2}'
    with pytest.raises(Invalid) as refused:
        decode(body)
    assert {error.pointer for error in refused.value.errors} == {"/a", "/lines/1/sku", "/lines/1/x/y~0~1"}


def test_the_pointers_of_a_few_keys_that_are_long_and_deep_do_not_add_up():
    depth, twice = 400, b",".join(b'"%d":1,"%d":2' % (number, number) for number in range(2000))
    body = b'{"%s":' % (b"k" * 1000) * depth + b"{%s}" % twice + b"}" * depth

    with pytest.raises(Invalid) as refused:
        decode(body)

    assert {len(error.pointer) for error in refused.value.errors[:-1]} == {501}


def test_a_lone_surrogate_that_is_quoted_back_becomes_a_question_mark():
    error = FieldError("/é\ud800", "is unknown")
    assert json.loads(encode(error)) == {"pointer": "/é?", "detail": "is unknown"}


def test_json_that_is_there_already_goes_out_as_it_is():
    assert encode({"order": msgspec.Raw(b'{"id":1}')}) == b'{"order":{"id":1}}'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(JSON)
def test_all_json_comes_in_as_the_standard_library_reads_it(value):
    assert decode(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_bytes_are_either_json_or_refused(body):
    with suppress(NotJSON, Invalid):
        decode(body)
