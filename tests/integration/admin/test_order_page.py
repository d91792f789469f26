"""The page of an order, with links to all that belongs to it."""

from django.utils import timezone

from orders.models import TimelineEntry


def page(client, order):
    response = client.get(f"/admin/orders/order/{order.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def panels(client, order) -> dict[str, list[list[str]]]:
    """The cells of each panel as text, by its title."""
    shown = client.get(f"/admin/orders/order/{order.pk}/change/").context["panels"]
    return {panel.title: [[str(cell) for cell in row] for row in panel.rows] for panel in shown}


def test_a_confirmed_order_leads_to_its_stock_answer_its_stock_items_and_its_invoice(viewer, confirmed):
    html = page(viewer, confirmed)

    assert f'href="/admin/inventory/reservationdecision/{confirmed.pk}/change/"' in html
    assert "&lt;" not in html
    assert 'href="/admin/inventory/stockitem/MUG/change/"' in html
    assert 'href="/admin/orders/product/TEA/change/"' in html
    assert f'href="/admin/invoicing/invoice/{confirmed.invoice_number}/change/"' in html
    assert f'href="/admin/auth/user/{confirmed.client_id}/change/"' in html


def test_lines_and_totals_are_as_they_were_ordered(viewer, confirmed):
    shown = panels(viewer, confirmed)

    assert [[row[0], *row[2:]] for row in shown["Lines"]] == [
        ["1", "Fine mug", "2", "", "", "2.50 GBP", "20 %", "5.00 GBP"],
        ["2", "Fine tea", "1", "", "", "2.50 GBP", "20 %", "2.50 GBP"],
    ]
    assert shown["Totals"] == [["Net", "7.50 GBP"], ["Tax 20 % of 7.50 GBP", "1.50 GBP"], ["Total", "9.00 GBP"]]


def test_the_timeline_begins_with_placed_and_goes_on_in_order(viewer, confirmed):
    assert TimelineEntry.objects.filter(order=confirmed).count() == 2

    rows = panels(viewer, confirmed)["Timeline"]

    assert [row[1] for row in rows] == ["order.placed.v1", "order.confirmed.v1", "invoice.issued.v1"]
    assert confirmed.invoice_number in rows[-1][2]


def test_a_rejected_order_says_what_was_short(viewer, rejected):
    shown = panels(viewer, rejected)

    ((sku, asked, available),) = shown["Stock: rejected"]
    assert ">PLATE</a>" in sku
    assert (asked, available) == ("7", "5")
    assert shown["Invoice"] == []


def test_an_order_that_was_not_decided_on_yet_says_so(viewer, place):
    assert "Not decided yet." in page(viewer, place(MUG=1))


def test_messages_of_the_order_that_wait_or_failed_are_linked(viewer, place, outbox_message, dead_letter):
    order, other = place(MUG=1), place(MUG=1)
    letter, foreign = dead_letter(key=str(order.pk)), dead_letter(key=str(other.pk))

    html, shown = page(viewer, order), panels(viewer, order)

    assert [len(shown["Outbox"]), len(shown["Dead letters"])] == [1, 1]
    assert f"/admin/messaging/deadletter/{letter.pk}/change/" in html
    assert f"/admin/messaging/deadletter/{foreign.pk}/change/" not in html


def test_an_event_that_is_stuck_is_linked_with_its_dead_letter_and_names_no_command(viewer, place, dead_letter):
    """A page has links where `manage.py where`, which says the same, has commands."""
    order = place(MUG=1)
    letter = dead_letter(key=str(order.pk), event_type="order.placed.v1")

    ((event, _, consumer, where),) = panels(viewer, order)["Events"]

    assert (event, consumer) == ("order.placed.v1", "inventory")
    assert where.endswith(f">dead letter {letter.pk}</a> (failed)")
    assert "manage.py dead_letters" not in page(viewer, order)


def test_dead_letters_of_the_order_show_what_became_of_them(viewer, place, dead_letter):
    order = place(MUG=1)
    dead_letter(key=str(order.pk))
    dead_letter(
        key=str(order.pk), state="discarded", resolved_at=timezone.now(), resolved_by="ann", reason="ordered by phone"
    )

    (_, _, failed, error), (_, _, discarded, reason) = panels(viewer, order)["Dead letters"]

    assert "failed" in failed
    assert error.startswith("UndecodableEvent")
    assert "discarded" in discarded
    assert reason == "ordered by phone"


def test_who_may_only_see_orders_sees_nothing_of_the_other_apps(staff, confirmed):
    assert list(panels(staff("orders.view_order"), confirmed)) == ["Lines", "Timeline", "Totals"]


def test_what_a_client_wrote_is_shown_as_text(viewer, place):
    order = place(reference="<script>alert(1)</script>", customer="<b>", MUG=1)

    html = page(viewer, order)

    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_an_order_of_many_lines_takes_no_more_queries(superuser, place, django_assert_max_num_queries):
    order = place(**{f"S{n}": 1 for n in range(60)})
    superuser.get("/admin/")

    with django_assert_max_num_queries(22):
        page(superuser, order)
