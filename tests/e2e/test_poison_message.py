"""Rehearsal: an order that gets stuck is found from its page, its cause is mended, and it is replayed in two clicks."""

import re

import psycopg2

from tests.waiting import wait_until

# A constraint that somebody adds by hand to a database in use: existing rows are not looked at.
RULE = "ALTER TABLE inventory_reservation ADD CONSTRAINT house_rule CHECK (quantity <> 77) NOT VALID"
MENDED = "ALTER TABLE inventory_reservation DROP CONSTRAINT IF EXISTS house_rule"


def as_admin(system, statement: str) -> None:
    with psycopg2.connect(system.postgres.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def handling(system, order_id: str, event: str) -> list[str]:
    events = system.get(f"/orders/{order_id}/events").json()
    return [one["state"] for each in events if each["event"] == event for one in each["handled"]]


def test_a_poison_message_is_found_from_the_orders_page_mended_and_replayed_in_two_clicks(system, operator):
    as_admin(system, RULE)
    try:
        order_id = system.place(quantity=77).json()["id"]
        other = system.place(quantity=1).json()["id"]
        wait_until(
            lambda: handling(system, order_id, "order.placed.v1") == ["dead_letter"], within=60, what="it is stuck"
        )
        assert system.invoiced(other)["status"] == "confirmed"  # nobody else waits behind it

        page = operator.page(f"/admin/orders/order/{order_id}/change/")
        assert "stuck" in operator.page(f"/admin/orders/order/?q={order_id}")
        letter = re.search(r"/admin/messaging/deadletter/(\d+)/change/", page)
        assert letter is not None
        cause = operator.page(letter[0])
        assert "IntegrityError" in cause
        assert "house_rule" in cause  # what is to be mended, by its name
    finally:
        as_admin(system, MENDED)

    replay = f"/admin/orders/order/{order_id}/replay_stuck/"
    assert replay in page
    question = operator.send("GET", replay)  # the first click
    assert "from the first on" in question.data.decode()
    done = operator.send("POST", replay, _form_submitted="true")  # the second
    assert done.headers["HX-Redirect"] == f"/admin/orders/order/{order_id}/change/"

    order = system.invoiced(order_id)
    assert order["status"] == "confirmed"
    assert handling(system, order_id, "order.placed.v1") == ["handled"]
    after = operator.page(f"/admin/orders/order/{order_id}/change/")
    assert order["invoice_number"] in after
    assert "replay_stuck" not in after
    assert "by admin" in operator.page("/admin/messaging/deadletter/?state=replayed")
