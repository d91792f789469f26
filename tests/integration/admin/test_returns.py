"""Returns that stock has not booked yet, and returns of imported files, as people in accounts see them."""

from inventory.models import PendingReturn
from operations.models import ImportedReturn
from orders.models import Order

PENDING = "/admin/inventory/pendingreturn/"
IMPORTED = "/admin/operations/importedreturn/"


def text(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_return_that_waits_says_what_comes_back_of_which_order_and_for_what_it_waits(viewer, one_of_each):
    order = Order.objects.get(reference="PO-1")

    page = text(viewer, PENDING)

    assert "2 × MUG" in page
    assert f"/admin/orders/order/{order.pk}/change/" in page
    assert "They are on hand as soon as their shipment is booked" in page


def test_a_return_that_waits_is_found_by_its_credit_note_and_its_order(viewer, one_of_each):
    order_id = PendingReturn.objects.get().order_id

    for term, found in (("cn-2026-000009", True), (order_id, True), ("CN-2026-000008", False)):
        assert ("2 × MUG" in text(viewer, f"{PENDING}?q={term}")) == found


def test_an_imported_return_leads_to_its_credit_notes(viewer, one_of_each):
    ImportedReturn.objects.update(credit_notes=["CN-2026-000001", "CN-2026-000002"])

    page = text(viewer, IMPORTED)

    assert all(f"/admin/invoicing/creditnote/CN-2026-00000{n}/change/" in page for n in (1, 2))
    assert "C536379" in text(viewer, f"{IMPORTED}?q=C536379")
