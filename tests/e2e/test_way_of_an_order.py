"""An order posted over HTTP becomes an invoice, on real PostgreSQL, real Kafka and real processes."""

import json

from tests.waiting import wait_until


def test_an_order_becomes_an_invoice(system):
    answer = system.place(quantity=3)

    assert answer.status == 201
    order = system.invoiced(answer.json()["id"])
    assert order["status"] == "confirmed"
    invoice = system.get(f"/invoices/{order['invoice_number']}").json()
    assert (invoice["order_id"], invoice["total"]) == (order["id"], order["total"])
    timeline = system.get(f"/orders/{order['id']}/timeline").json()
    assert [entry["event"] for entry in timeline] == ["order.placed.v1", "order.confirmed.v1", "invoice.issued.v1"]


def test_an_order_that_the_orm_stores_becomes_an_invoice(system):
    """The path that the README describes: INTAKE_STATEMENT=orm."""
    system.stop("web")
    system.start("web", INTAKE_STATEMENT="orm")
    try:
        first, again = system.place(key="by-orm"), system.place(key="by-orm")

        assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
        assert again.data == first.data
        assert system.invoiced(first.json()["id"])["status"] == "confirmed"
    finally:
        system.stop("web")  # the fixture starts it again, as it was


def test_an_order_without_enough_stock_is_rejected_with_what_was_short(system):
    answer = system.place(quantity=999_999)

    assert answer.status == 201
    order_id = answer.json()["id"]
    wait_until(lambda: system.order(order_id)["status"] == "rejected", what="rejected")
    rejection = system.order(order_id)["rejection"]
    (shortage,) = rejection["shortages"]
    assert (shortage["sku"], shortage["asked"]) == ("TEST-BAG", 999_999)
    assert shortage["available"] < 999_999


def test_one_correlation_id_leads_from_the_request_to_the_invoice(system):
    answer = system.place(headers={"X-Request-ID": "follow-me-42"})
    order_id = answer.json()["id"]
    system.invoiced(order_id)

    assert answer.headers["X-Request-ID"] == "follow-me-42"
    requests = [line for line in system.events("web", "request") if line["request_id"] == "follow-me-42"]
    assert [(line["status"], line["order_id"]) for line in requests] == [(201, order_id)]
    for consumer, event_type in (
        ("inventory", "order.placed.v1"),
        ("orders", "stock.reserved.v1"),
        ("invoicing", "order.confirmed.v1"),
        ("orders", "invoice.issued.v1"),
    ):
        lines = [line for line in system.events(consumer, "events_handled") if line["type"] == event_type]
        handled = [pair for line in lines for pair in zip(line["order_ids"], line["correlation_ids"], strict=True)]
        assert [correlation for order, correlation in handled if order == order_id] == ["follow-me-42"], consumer


def test_no_log_line_holds_a_token_a_body_or_a_customer(system):
    body = {"customer_id": "Jane Very Private", "lines": [{"sku": "TEST-BAG", "quantity": 1}]}
    answer = system.request("POST", "/orders", json=body)
    system.invoiced(answer.json()["id"])

    for name in ("web", "orders", "inventory", "invoicing", "relay"):
        text = json.dumps(system.logged(name))
        assert "Very Private" not in text
        assert system.token not in text


def test_the_same_request_again_gets_the_first_answer(system):
    first = system.place(key="again-1")
    second = system.place(key="again-1")

    assert second.status == first.status == 201
    assert second.data == first.data
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Location"] == first.headers["Location"]
    other = system.place(quantity=2, key="again-1")
    assert (other.status, other.json()["type"]) == (422, "urn:orderflow:problem:idempotency-key-reused")


def test_every_process_ends_in_order_on_sigterm(system):
    assert system.stop() == {"web": 0, "orders": 0, "inventory": 0, "invoicing": 0, "relay": 0}


def test_draining_ends_when_everything_is_invoiced(system):
    system.stop("orders", "inventory", "invoicing", "relay")
    orders = [system.place().json()["id"] for _ in range(20)]

    system.manage("consume_orders", "--drain")

    assert all(system.order(order_id)["invoice_number"] for order_id in orders)
