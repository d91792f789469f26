"""All errors of a body at once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.validation import parse
from common.errors import MAX_ERRORS, ErrorBudget, FieldError, Invalid
from common.fields import Currency, Quantity, Sku, Text64, UnitPrice


class Line(msgspec.Struct, forbid_unknown_fields=True):
    sku: Sku
    quantity: Quantity
    unit_price: UnitPrice | None = None


class Order(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    customer_id: Text64
    currency: Currency | None = None
    note: Text64 | msgspec.UnsetType = msgspec.UNSET
    urgent: bool = False
    lines: Annotated[list[Line], msgspec.Meta(min_length=1, max_length=5, description="a list of 1 to 5 lines")]


LINE = {"sku": "TEA", "quantity": 1}


def errors_of(data: object) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        parse(data, Order)
    return {error.pointer: error.detail for error in refused.value.errors}


def test_a_valid_body_comes_out_with_plain_types():
    order = parse({"customer_id": "C", "lines": [{"sku": " tea-1 ", "quantity": 2, "unit_price": "2.50"}]}, Order)
    (line,) = order.lines
    assert (line.sku, type(line.sku)) == ("TEA-1", str)
    assert (line.unit_price, type(line.unit_price)) == (Decimal("2.50"), Decimal)


def test_all_errors_are_told_at_once_each_with_its_pointer():
    errors = errors_of(
        {
            "customer_id": "",
            "currency": "Quid",
            "urgent": 1,
            "colour/~": "red",
            "lines": [{"sku": "!", "quantity": 0, "unit_price": -1}, LINE, {"quantity": "1"}, 7],
        }
    )
    assert errors.keys() == {
        "/customer_id",
        "/currency",
        "/urgent",
        "/colour~1~0",
        "/lines/0/sku",
        "/lines/0/quantity",
        "/lines/0/unit_price",
        "/lines/2/sku",
        "/lines/2/quantity",
        "/lines/3",
    }
    assert errors["/lines/0/quantity"] == "must be a whole number from 1 to 1000000"
    assert errors["/lines/2/sku"] == "is missing"
    assert errors["/lines/3"] == "must be an object"
    assert errors["/urgent"] == "must be true or false"
    assert "the fields are customer_id, currency, note, urgent, lines" in errors["/colour~1~0"]


@pytest.mark.parametrize("data", [None, [], "x", 7, True, Decimal("1.5")])
def test_what_is_no_object_is_named_by_the_pointer_to_the_whole(data):
    assert errors_of(data) == {"": "must be an object"}


@pytest.mark.parametrize("lines", [[], [LINE] * 6, {}, None, "x"])
def test_a_list_of_a_length_that_is_not_allowed_is_one_error(lines):
    assert errors_of({"customer_id": "C", "lines": lines}) == {"/lines": "must be a list of 1 to 5 lines"}


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, 2**63, 2**64, True, "1", 1.0, Decimal("1.0"), None, [], {}])
def test_a_quantity_is_a_whole_number_from_one_to_a_million(quantity):
    assert errors_of({"customer_id": "C", "lines": [{"sku": "A", "quantity": quantity}]}).keys() == {
        "/lines/0/quantity"
    }


@pytest.mark.parametrize("text", ["", "x" * 65, "a\x00b", "a\nb", "a\n", "\x7f", "\x85", "\ud800", "a\udfff", 1, None])
def test_texts_are_1_to_64_characters_without_control_characters(text):
    assert errors_of({"customer_id": text, "lines": [LINE]}).keys() == {"/customer_id"}


def test_texts_may_hold_any_script_and_symbol():
    assert parse({"customer_id": "Ünï-客戶 😀", "lines": [LINE]}, Order).customer_id == "Ünï-客戶 😀"


def test_a_field_that_is_optional_may_be_left_out_or_null():
    assert parse({"customer_id": "C", "currency": None, "lines": [LINE]}, Order).currency is None
    assert parse({"customer_id": "C", "lines": [LINE]}, Order).note is msgspec.UNSET


def test_a_lone_surrogate_as_a_field_name_is_an_unknown_field():
    assert errors_of({"\ud800": 1, "customer_id": "C", "lines": [LINE]}).keys() == {"/\ud800"}


def test_a_body_with_countless_errors_names_the_first_thousand_and_says_so():
    with pytest.raises(Invalid) as refused:
        parse([{"sku": "!"}] * 5000, list[Line])
    assert len(refused.value.errors) == MAX_ERRORS + 1
    assert refused.value.errors[-1].detail == f"there are more errors: an answer names no more than {MAX_ERRORS}"


def test_the_parts_of_one_answer_share_a_budget_of_errors_and_each_names_at_least_one():
    budget = ErrorBudget(5)
    wrong = [{"sku": "!"}, {"sku": "!"}]

    named = [len(_refused(wrong, budget).errors) for _ in range(4)]

    assert named == [4, 2, 2, 2]  # four; the fifth and that there are more; one and that there are more
    assert parse([LINE], list[Line], budget)


def test_a_part_without_errors_to_spare_says_that_there_are_more():
    budget = ErrorBudget(1)

    first, second = (_refused([{"sku": "!"}], budget).errors for _ in range(2))

    assert [error.pointer for error in first] == [error.pointer for error in second] == ["/0/sku", ""]
    assert second[-1].detail == "there are more errors: an answer names no more than 1"


def test_keys_that_are_quoted_back_are_cut():
    (error,) = _refused([LINE | {"k" * 100_000: 1}], None).errors

    assert len(error.pointer) == 501
    assert error.pointer.endswith("k…")


def _refused(data: object, budget: ErrorBudget | None) -> Invalid:
    with pytest.raises(Invalid) as refused:
        parse(data, list[Line], budget)
    return refused.value


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False)
    | st.text()
    | st.sampled_from(["GBP", "A-1", "\ud800", 1, "2.5"]),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(["customer_id", "currency", "note", "urgent", "lines", "sku", "quantity", "unit_price"]),
            inner,
        )
    ),
    max_leaves=30,
)


@given(VALUES)
def test_whatever_comes_is_parsed_or_refused_with_pointers_that_lead_to_the_fault(value):
    errors: Sequence[FieldError] = ()
    try:
        parse(value, Order)
    except Invalid as refused:
        errors = refused.errors or pytest.fail("refused without a reason")
    for error in errors:
        parent, _, name = error.pointer.rpartition("/")
        if error.detail == "is missing":
            assert name not in resolve(value, parent)
        else:
            resolve(value, error.pointer)


def resolve(value, pointer):
    """The value that a JSON pointer (RFC 6901) points to."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value
