"""The digest of an order as accepted: any change of what it covers changes it, and nothing else does."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from msgspec.structs import replace

from common.parties import Party
from orders.catalogue import PricedProduct
from orders.intake.digest import LENGTH, digest_of
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.pricing import price
from orders.models import Order

PRODUCTS = {
    "MUG": PricedProduct("MUG", "A mug", Decimal("2.5"), "GBP", Decimal("0.2")),
    "TEA": PricedProduct("TEA", "Tea, loose", Decimal("0.335"), "GBP", Decimal(0)),
}
REQUEST = OrderRequest(client_id=7, customer_id="C-1", lines=[LineRequest("MUG", 2), LineRequest("TEA", 3)])
ADA = Party(name="Ada", lines=["1 Road"], city="Leeds", country="GB")
DRAFT = price(REQUEST, PRODUCTS)


def of_order(**changes):
    return replace(DRAFT, order=replace(DRAFT.order, **changes))


def of_line(**changes):
    first, second = DRAFT.order.lines
    return of_order(lines=[replace(first, **changes), second])


@pytest.mark.parametrize(
    "changed",
    [
        of_order(order_id=UUID(int=1)),
        of_order(currency="EUR"),
        of_order(placed_at=DRAFT.order.placed_at + timedelta(microseconds=1)),
        of_order(lines=DRAFT.order.lines[:1]),
        of_order(lines=DRAFT.order.lines[::-1]),
        of_order(client_id=8),
        of_order(customer_id="C-2"),
        of_order(reference="PO"),
        replace(DRAFT, source=Order.Source.IMPORT),
        of_order(allow_backorder=True),
        of_line(line_no=3),
        of_line(sku="CUP"),
        of_line(name="A cup"),
        of_line(quantity=3),
        of_line(unit_price=Decimal("25")),
        of_line(tax_rate=Decimal("0.05")),
        of_line(unit_code="KGM"),
        of_line(tax_category="E"),
        of_order(bill_to=ADA),
        of_order(ship_to=ADA),
        of_order(taxes=[replace(DRAFT.order.taxes[0], reason="Medical care")]),
    ],
    ids=lambda _: "",
)
def test_whatever_is_changed_the_digest_tells(changed):
    assert digest_of(changed) != digest_of(DRAFT)
    assert len(digest_of(changed)) == LENGTH


@pytest.mark.parametrize(
    ("price_as", "price_too"), [("2.5", "2.500000"), ("100", "1E+2"), ("0", "0.000000"), ("0.000001", "1E-6")]
)
def test_a_number_counts_however_it_is_written(price_as, price_too):
    one, other = (digest_of(of_line(unit_price=Decimal(text))) for text in (price_as, price_too))
    assert one == other


def test_a_time_counts_in_whichever_zone_it_is_written():
    placed_at = datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)
    elsewhere = placed_at.astimezone(datetime.fromisoformat("2026-01-01T00:00+05:30").tzinfo)
    assert digest_of(of_order(placed_at=placed_at)) == digest_of(of_order(placed_at=elsewhere))
