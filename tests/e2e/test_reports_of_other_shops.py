"""What users of other shop systems reported of cancelling, waiting and returning, done here as they did it.

Over HTTP, on real processes: the report is named beside each. What one of them needs to see is what a user looks at,
which is the stock, the order and the answer.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.e2e.system import System
from tests.waiting import wait_until

PERMISSIONS = (
    *("orders.view_order", "orders.cancel_order", "orders.fulfil_order", "orders.add_product"),
    *("invoicing.view_invoice", "invoicing.credit_invoice"),
    *("inventory.view_stockmovement", "inventory.add_stockmovement"),
)
_numbers = count(1)


@dataclass(frozen=True)
class Shop:
    """A product of its own, and what people do with orders of it."""

    system: System
    token: str
    sku: str

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.system.request(method, path, headers=headers, **({"json": body} if body is not None else {}))

    def receive(self, units: int, kind: str = "receipt") -> None:
        body = {"kind": kind, "quantity": units}
        assert self.ask("POST", f"/stock/{self.sku}/movements", body).status == 201

    def place(self, *quantities: int, may_wait: bool = False) -> str:
        """An order with a line for each quantity; returns its address."""
        lines = [{"sku": self.sku, "quantity": quantity} for quantity in quantities]
        answer = self.ask("POST", "/orders", {"customer_id": "C-1", "lines": lines, "allow_backorder": may_wait})
        assert answer.status == 201, answer.data
        return f"/orders/{answer.json()['id']}"

    def billed(self, *quantities: int) -> tuple[str, str]:
        """The addresses of such an order and of its invoice, once it has one."""
        order = self.place(*quantities)
        number = wait_until(lambda: self.order(order)["invoice_number"], what=f"{order} is invoiced")
        return order, f"/invoices/{number}"

    def order(self, order: str) -> Any:
        return self.ask("GET", order).json()

    def is_now(self, order: str, status: str) -> None:
        wait_until(lambda: self.order(order)["status"] == status, what=f"{order} is {status}")

    def send(self, order: str, *lines: tuple[int, int]) -> None:
        body = {"lines": [{"line_no": line_no, "quantity": units} for line_no, units in lines]} if lines else {}
        answer = self.ask("POST", f"{order}/fulfil", body)
        assert answer.status == 200, answer.data

    def cancel(self, order: str) -> int:
        return int(self.ask("POST", f"{order}/cancel", {"reason": "changed my mind"}).status)

    def credit(self, invoice: str, *lines: tuple[int, int], restock: bool = False) -> Any:
        body: dict[str, Any] = {"reason": "returned", "restock": restock}
        if lines:
            body["lines"] = [{"line_no": line_no, "quantity": units} for line_no, units in lines]
        return self.ask("POST", f"{invoice}/credit", body)

    def credited(self, invoice: str) -> Decimal:
        """Of an invoice, over all credit notes."""
        numbers = self.ask("GET", invoice).json()["credit_notes"]
        return sum((Decimal(self.ask("GET", f"/invoices/{each}").json()["total"]) for each in numbers), Decimal(0))

    def stock(self) -> tuple[int, int, int]:
        """On hand, reserved and waited for."""
        stock = self.ask("GET", f"/stock/{self.sku}").json()
        return stock["on_hand"], stock["reserved"], stock["backordered"]

    def stock_becomes(self, on_hand: int, reserved: int, backordered: int = 0) -> None:
        wanted = (on_hand, reserved, backordered)
        wait_until(lambda: self.stock() == wanted, what=f"{wanted}, and not {self.stock()}")

    def all_is_handled(self, order: str) -> None:
        """Wait until each consumer has handled all that was said of the order."""
        wait_until(lambda: self._is_handled(order), what=f"all of {order} is handled")

    def _is_handled(self, order: str) -> bool:
        events = self.ask("GET", f"{order}/events").json()
        return all(each["state"] == "handled" for event in events for each in event["handled"])


@pytest.fixture(scope="module")
def _staff(_system) -> str:
    return str(_system.manage("create_api_client", "staff-of-reports", "--permission", *PERMISSIONS).stdout.strip())


@pytest.fixture
def shop(system, _staff) -> Shop:
    """With 100 units of a new product at 10.00 and no tax."""
    shop = Shop(system, _staff, f"REPORT-{next(_numbers)}")
    product = {"sku": shop.sku, "name": "Mug", "unit_price": "10.00", "currency": "GBP", "tax_rate": "0"}
    assert shop.ask("POST", "/products", product).status == 201
    shop.receive(100)
    return shop


# PrestaShop/PrestaShop#35460: a refund with re-stock of what was not sent, then the cancellation: 101 of 100 units.
def test_what_is_credited_before_it_is_sent_and_cancelled_then_is_on_hand_once(shop):
    order, invoice = shop.billed(1)

    assert shop.credit(invoice, restock=True).status == 409  # nothing has left
    assert shop.credit(invoice).status == 201
    assert shop.cancel(order) == 200

    shop.stock_becomes(100, 0)
    shop.all_is_handled(order)
    assert (shop.stock(), shop.credited(invoice)) == ((100, 0, 0), 10)


# woocommerce/woocommerce#22489: a refund with restock, then "cancelled": each unit twice.
def test_what_came_back_does_not_come_back_again_by_a_cancellation(shop):
    order, invoice = shop.billed(2)
    shop.send(order)
    assert shop.credit(invoice, restock=True).status == 201
    shop.stock_becomes(100, 0)

    assert shop.cancel(order) == 409

    shop.all_is_handled(order)
    assert shop.stock() == (100, 0, 0)


# woocommerce/woocommerce#27504: refunded without restock, then the line is taken off the order: twice its quantity.
def test_what_was_credited_without_its_goods_is_not_on_hand_when_the_rest_is_cancelled(shop):
    order, invoice = shop.billed(3)
    shop.send(order, (1, 2))
    assert shop.credit(invoice, (1, 2)).status == 201

    assert shop.cancel(order) == 200

    shop.stock_becomes(98, 0)
    shop.all_is_handled(order)
    assert (shop.stock(), shop.credited(invoice)) == ((98, 0, 0), 30)


# magento/inventory#1883: 10 ordered, 3 sent, the rest cancelled, 5 credited "back to stock": 102 of 100 units.
def test_no_more_comes_back_than_was_sent_of_an_order_whose_rest_was_cancelled(shop):
    order, invoice = shop.billed(10)
    shop.send(order, (1, 3))
    shop.cancel(order)
    shop.stock_becomes(97, 0)
    wait_until(lambda: shop.credited(invoice) == 70, what="the rest is credited")

    assert shop.credit(invoice, (1, 5), restock=True).status == 409
    assert shop.credit(invoice, (1, 3), restock=True).status == 201

    shop.stock_becomes(100, 0)


# juspay/hyperswitch#13182: two refunds of 60 of 100 at the same moment: both succeed.
def test_of_two_credits_at_once_that_are_too_much_together_one_is_refused(shop):
    _, invoice = shop.billed(10)

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(shop.credit, invoice, (1, 6)) for _ in range(4)]

    assert sorted(answer.result().status for answer in answers) == [201, 409, 409, 409]
    assert shop.credited(invoice) == 60


# craftcms/commerce#1098: all but one is refunded, then the whole again.
def test_what_is_credited_in_steps_is_never_more_than_was_billed(shop):
    _, invoice = shop.billed(10)
    shop.credit(invoice, (1, 9))

    refused = shop.credit(invoice, (1, 10))

    assert (refused.status, refused.json()["errors"][0]["pointer"]) == (409, "/lines/0/quantity")
    assert shop.credit(invoice).status == 201
    assert (shop.credit(invoice).status, shop.credited(invoice)) == (409, 100)


# magento/magento2#5313: partly sent and cancelled, its stock did not return, and a second click undid the state.
def test_a_partly_sent_order_is_cancelled_once_and_frees_what_was_not_sent(shop):
    order, invoice = shop.billed(2, 3)
    shop.send(order, (1, 1))

    assert (shop.cancel(order), shop.cancel(order)) == (200, 409)

    shop.stock_becomes(99, 0)
    assert shop.order(order)["status"] == "fulfilled"
    wait_until(lambda: shop.credited(invoice) == 40, what="what was not sent is credited")


# vendure-ecommerce/vendure#1558: once an item is cancelled the others can not be fulfilled any more.
def test_an_order_of_which_a_line_is_credited_can_be_sent_without_it(shop):
    order, invoice = shop.billed(2, 3)
    shop.credit(invoice, (1, 2))

    shop.send(order, (2, 3))
    assert shop.cancel(order) == 200

    shop.stock_becomes(97, 0)
    shop.all_is_handled(order)
    assert (shop.order(order)["status"], shop.credited(invoice)) == ("fulfilled", 20)


# vendure-ecommerce/vendure#2397: units of a line can be taken off once before it is sent, and then never again.
def test_a_line_is_credited_unit_by_unit_before_the_rest_is_cancelled(shop):
    order, invoice = shop.billed(3, 3)

    assert [shop.credit(invoice, (line_no, 1)).status for line_no in (1, 2, 1)] == [201, 201, 201]
    assert shop.cancel(order) == 200

    shop.stock_becomes(100, 0)
    wait_until(lambda: shop.credited(invoice) == 60, what="the rest is credited, and nothing of it twice")


# medusajs/medusa#12796: nothing can be cancelled once others have taken the stock down.
def test_an_order_is_cancelled_where_no_more_is_on_hand_than_it_holds(shop):
    order, _ = shop.billed(4)
    shop.receive(-96, kind="adjustment")
    waiting = shop.place(3, may_wait=True)
    shop.is_now(waiting, "backordered")

    assert shop.cancel(order) == 200

    shop.is_now(waiting, "confirmed")  # it gets what is free now
    shop.stock_becomes(4, 3)


# spree/spree#7328: an order that waits is made smaller, and what it never had makes another ready to ship.
def test_what_a_waiting_order_gives_up_it_never_had(shop):
    shop.receive(-100, kind="adjustment")
    first, second, third = [shop.place(units, may_wait=True) for units in (1, 2, 1)]
    shop.is_now(third, "backordered")

    assert shop.cancel(second) == 200

    shop.stock_becomes(0, 0, 2)
    shop.all_is_handled(second)
    assert [shop.order(order)["status"] for order in (first, third)] == ["backordered", "backordered"]


# Sylius/Sylius#3857: goods come in, and orders that wait for them stay as they are.
def test_goods_that_come_in_go_to_those_who_wait_before_anybody_else(shop):
    shop.receive(-100, kind="adjustment")
    first, second = shop.place(4, may_wait=True), shop.place(2, may_wait=True)
    shop.is_now(second, "backordered")

    shop.receive(5)

    shop.is_now(first, "confirmed")
    shop.stock_becomes(5, 4, 2)
    late = shop.place(1)  # what is left is waited for
    shop.is_now(late, "rejected")
    shop.receive(1)
    shop.is_now(second, "confirmed")
    shop.stock_becomes(6, 6)
