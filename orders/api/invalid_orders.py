"""What is known of an order of which some fields are not valid, so that a client is told all that is wrong at once."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from common.errors import Invalid
from common.fields import parse_currency, parse_sku, parse_unit_price
from orders.api.schemas import MAX_LINES
from orders.intake.drafts import InvalidRequest


def invalid_request(data: object, invalid: Invalid) -> InvalidRequest:
    """The request with what is valid of its lines and its currency.

    Args:
        data: decoded JSON, of which `invalid` says what is wrong.
    """
    order = data if isinstance(data, dict) else {}
    lines = dict(_lines_of(order.get("lines")))
    skus = {index: sku for index, line in lines.items() if (sku := _valid(parse_sku, line.get("sku")))}
    prices = {index: _valid(parse_unit_price, line.get("unit_price")) for index, line in lines.items()}
    own_prices = [index for index, price in prices.items() if price is not None]
    currency = order.get("currency")
    known = None if currency is None else _valid(parse_currency, currency) or UNSET
    return InvalidRequest(invalid=invalid, skus=skus, own_prices=own_prices, currency=known)


def _lines_of(lines: object) -> list[tuple[int, dict[str, Any]]]:
    """The lines that are JSON objects, with their indexes; none where there are more than an order may have."""
    if not isinstance(lines, list) or len(lines) > MAX_LINES:
        return []
    return [(index, line) for index, line in enumerate(lines) if isinstance(line, dict)]


def _valid(parse: Callable[[object], Any], value: object) -> Any:
    """The value as it is parsed; None if it is not valid."""
    try:
        return parse(value)
    except ValueError:
        return None
