"""Rehearsal: an order that gets stuck is found from its page, its cause is mended, and it is replayed in two clicks."""

import re
from http.cookies import SimpleCookie

import psycopg2

from tests.waiting import wait_until

# A constraint that somebody adds by hand to a database in use: existing rows are not looked at.
RULE = "ALTER TABLE inventory_reservation ADD CONSTRAINT house_rule CHECK (quantity <> 77) NOT VALID"
MENDED = "ALTER TABLE inventory_reservation DROP CONSTRAINT IF EXISTS house_rule"


class Browser:
    """A person who is logged in to the admin, and what they click."""

    def __init__(self, system) -> None:
        self._system = system
        self._cookies: SimpleCookie = SimpleCookie()
        self.send("GET", "/admin/login/")
        self.send("POST", "/admin/login/?next=/admin/", username="admin", password="only-for-tests")
        assert "sessionid" in self._cookies

    def send(self, method: str, path: str, **fields: str):
        cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in self._cookies.items())
        token = self._cookies["csrftoken"].value if "csrftoken" in self._cookies else ""
        fields = fields | {"csrfmiddlewaretoken": token} if method == "POST" else {}
        url = f"http://127.0.0.1:{self._system.port}{path}"
        answer = self._system.http.request_encode_body(
            method, url, fields=fields, encode_multipart=False, headers={"Cookie": cookies}, redirect=False
        )
        for value in answer.headers.getlist("Set-Cookie"):
            self._cookies.load(value)
        return answer

    def page(self, path: str) -> str:
        answer = self.send("GET", path)
        assert answer.status == 200, (path, answer.status)
        return answer.data.decode()


def as_admin(system, statement: str) -> None:
    with psycopg2.connect(system.postgres.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def handling(system, order_id: str, event: str) -> list[str]:
    events = system.get(f"/orders/{order_id}/events").json()
    return [one["state"] for each in events if each["event"] == event for one in each["handled"]]


def test_a_poison_message_is_found_from_the_orders_page_mended_and_replayed_in_two_clicks(system):
    as_admin(system, RULE)
    try:
        order_id = system.place(quantity=77).json()["id"]
        other = system.place(quantity=1).json()["id"]
        wait_until(
            lambda: handling(system, order_id, "order.placed.v1") == ["dead_letter"], within=60, what="it is stuck"
        )
        assert system.invoiced(other)["status"] == "confirmed"  # nobody else waits behind it

        person = Browser(system)
        page = person.page(f"/admin/orders/order/{order_id}/change/")
        assert "stuck" in person.page(f"/admin/orders/order/?q={order_id}")
        letter = re.search(r"/admin/messaging/deadletter/(\d+)/change/", page)
        assert letter is not None
        cause = person.page(letter[0])
        assert "IntegrityError" in cause
        assert "house_rule" in cause  # what is to be mended, by its name
    finally:
        as_admin(system, MENDED)

    replay = f"/admin/orders/order/{order_id}/replay_stuck/"
    assert replay in page
    question = person.send("GET", replay)  # the first click
    assert "from the first on" in question.data.decode()
    done = person.send("POST", replay, _form_submitted="true")  # the second
    assert done.headers["HX-Redirect"] == f"/admin/orders/order/{order_id}/change/"

    order = system.invoiced(order_id)
    assert order["status"] == "confirmed"
    assert handling(system, order_id, "order.placed.v1") == ["handled"]
    after = person.page(f"/admin/orders/order/{order_id}/change/")
    assert order["invoice_number"] in after
    assert "replay_stuck" not in after
    assert "by admin" in person.page("/admin/messaging/deadletter/?state=replayed")
