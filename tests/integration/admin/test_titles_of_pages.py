"""Pages name what they are about: people have several open, and credit or send what a page does not show.

forefrontdigital/FindASkip-issues#28, Sylius/RefundPlugin#172.
"""

import re

import pytest

from invoicing.crediting import credit_invoice
from invoicing.models import Invoice
from orders.models import Order


def title(client, address: str) -> str:
    (found,) = re.findall(r"<title>(.*?)</title>", client.get(address).content.decode(), re.DOTALL)
    return " ".join(found.split())


@pytest.fixture
def future_price(superuser, confirmed):
    entered = {"unit_price": "3", "currency": "GBP", "valid_from": "2999-01-01T00:00:00"}
    address = "/admin/orders/product/MUG/set_price/"
    superuser.post(address, {"submission": "0b8ee1f0-1f3e-4ac1-8f0b-7c1c7f1d3a01", **entered})


def test_a_form_that_changes_something_names_it(superuser, confirmed, future_price):
    number = Invoice.objects.get().number

    assert title(superuser, f"/admin/orders/order/{confirmed.pk}/fulfil_part/") == (
        "Fulfil PO-1 of C-1 in part | Orderflow"
    )
    assert (
        title(superuser, f"/admin/invoicing/invoice/{number}/credit/") == f"Credit invoice {number} of C-1 | Orderflow"
    )
    assert title(superuser, "/admin/orders/product/MUG/set_price/") == "Set a price of MUG | Orderflow"
    assert title(superuser, "/admin/orders/product/MUG/withdraw_price/") == "Withdraw a price of MUG | Orderflow"


def test_the_page_of_an_order_is_called_as_people_call_the_order(viewer, confirmed):
    address = f"/admin/orders/order/{confirmed.pk}/change/"
    assert title(viewer, address) == "PO-1 of C-1 | View order | Orderflow"

    Order.objects.filter(pk=confirmed.pk).update(reference="")
    assert title(viewer, address) == f"…{str(confirmed.pk)[-12:]} of C-1 | View order | Orderflow"


def test_the_way_to_a_page_names_the_order_as_people_call_it(viewer, confirmed):
    """openlinker-project/openlinker#2152: above the page stood an id that nobody knows."""
    page = viewer.get(f"/admin/orders/order/{confirmed.pk}/change/").content.decode()

    assert re.findall(rf'<a href="[^"]*/{confirmed.pk}/change/"[^>]*>\s*([^<]*?)\s*</a', page) == ["PO-1"]


def test_invoices_and_credit_notes_name_their_orders_as_people_call_them(superuser, confirmed):
    """openlinker-project/openlinker#2152."""
    note = credit_invoice(number=confirmed.invoice_number, lines=None, reason="late", restock=False, actor="root")
    link = f'href="/admin/orders/order/{confirmed.pk}/change/">PO-1</a>'

    for address in ("invoice/", f"invoice/{note.invoice_id}/change/", f"creditnote/{note.number}/change/"):
        assert link in superuser.get(f"/admin/invoicing/{address}").content.decode(), address
