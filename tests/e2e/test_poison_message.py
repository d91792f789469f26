"""Rehearsal: an order that gets stuck is found from its page, its cause is mended, and it is replayed in two clicks."""

import re

from tests.e2e.poison import SAID_BY_DOCTOR, handling, poisoned


def test_a_poison_message_is_found_from_the_orders_page_mended_and_replayed_in_two_clicks(system, operator):
    with poisoned(system) as order_id:
        other = system.place(quantity=1).json()["id"]
        assert system.invoiced(other)["status"] == "confirmed"  # nobody else waits behind it

        page = operator.page(f"/admin/orders/order/{order_id}/change/")
        assert "stuck" in operator.page(f"/admin/orders/order/?q={order_id}")
        letter = re.search(r"/admin/messaging/deadletter/(\d+)/change/", page)
        assert letter is not None
        cause = operator.page(letter[0])
        assert "IntegrityError" in cause
        assert "demo_fault" in cause  # what is to be mended, by its name

        (found,) = (each for each in operator.findings_of("dead letters") if SAID_BY_DOCTOR in each["detail"])
        assert found["detail"].endswith(f"the first is {letter[1]}")
        shown = operator.follow(found["advice"])
        assert order_id in shown
        assert "demo_fault" in shown

    replay = f"/admin/orders/order/{order_id}/replay_stuck/"
    assert replay in page
    question = operator.send("GET", replay, dialog=True)  # the first click
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
    assert not [each for each in operator.findings_of("dead letters") if SAID_BY_DOCTOR in each["detail"]]
