"""What a screen reader says of a field besides its name: its help text, and what is wrong with it.

zostera/django-bootstrap5#716 and #746, django-crispy-forms/crispy-bootstrap4#37: fields name descriptions that are not
there.
"""

import re

import pytest

from invoicing.models import Invoice
from tests.factories import ProductFactory
from tests.integration.admin.forms import send


def ids(html: str) -> set[str]:
    return set(re.findall(r'\sid="([^"]+)"', html))


def described(html: str) -> list[str]:
    return [each for ids in re.findall(r'aria-describedby="([^"]+)"', html) for each in ids.split()]


def text_of(html: str, described_by: str) -> str:
    (found,) = re.findall(rf'id="{described_by}".*?>(.*?)</(?:div|ul)>', html, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found).strip()


@pytest.fixture
def pages(superuser, confirmed):
    """Pages with forms, as they are shown and as they come back with errors."""
    ProductFactory(sku="BOOK")
    order, invoice = confirmed, Invoice.objects.get()
    crediting = f"/admin/invoicing/invoice/{invoice.number}/credit/"
    sending = f"/admin/orders/order/{order.pk}/fulfil_part/"
    shown = ["/admin/orders/product/add/", "/admin/orders/order/place/", crediting, sending, "/admin/auth/user/add/"]
    sent = {
        "/admin/orders/product/add/": {"sku": "#"},
        "/admin/orders/order/place/": {"customer_id": "C-1", "sku": ["BOOK", "BOOK"], "quantity": ["1", "x"]},
        crediting: {"line_1": "99"},
        sending: {"line_1": "99"},
    }
    return [superuser.get(address).content.decode() for address in shown] + [
        send(superuser, address, entered).content.decode() for address, entered in sent.items()
    ]


def test_each_description_that_a_field_names_is_on_its_page(pages):
    for html in pages:
        assert described(html)
        assert set(described(html)) <= ids(html)


def test_what_is_wrong_with_a_field_describes_it(pages):
    *_, product, placing, crediting, sending = pages

    assert text_of(product, "id_sku_error").startswith("Must be 1 to 64 letters")
    assert text_of(placing, "row_2_error") == "Enter a whole number from 1 to 1000000."
    assert "row_1_error" not in placing
    assert text_of(crediting, "id_reason_error") == "This field is required."
    assert text_of(sending, "id_line_1_error").startswith("Only 2 were ordered")
    for html, name in ((placing, "quantity"), (sending, "line_1")):
        assert re.search(rf'<input [^>]*name="{name}"[^>]*aria-invalid="true"', html)


def test_a_help_text_describes_its_field(pages):
    crediting = pages[2]

    assert "id_reason_helptext" in described(crediting)
    assert text_of(crediting, "id_reason_helptext") == "It stands on the credit note."
