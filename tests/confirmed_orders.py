"""Events of confirmed orders."""

from decimal import Decimal
from typing import Any

from invoicing.events import Line, OrderConfirmed, Tax
from messaging.events import new_id


def confirmed(**different: Any) -> OrderConfirmed:
    """The event of an order of three mugs, with what a test wants to be different."""
    facts: dict[str, Any] = {
        "order_id": new_id(),
        "reference": "PO-4711",
        "customer_id": "C-1",
        "client_id": 7,
        "currency": "GBP",
        "lines": [
            Line(
                line_no=1,
                sku="MUG",
                name="Mug, 50 % “red” 🍵",
                quantity=3,
                unit_price=Decimal("2.555"),
                tax_rate=Decimal("0.2"),
                net=Decimal("7.67"),
            )
        ],
        "taxes": [Tax(rate=Decimal("0.2"), net=Decimal("7.67"), tax=Decimal("1.53"))],
        "net": Decimal("7.67"),
        "tax": Decimal("1.53"),
        "total": Decimal("9.20"),
    }
    return OrderConfirmed(**(facts | different))
