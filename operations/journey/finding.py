"""Finding orders by id, number of a document, or reference."""

from uuid import UUID

from common.text import ascii_upper
from invoicing.models import Document
from operations.exceptions import NoSuchOrder
from orders.models import Order

MAX_FOUND = 20  # orders of one reference


def find_orders(name: str) -> list[Order]:
    """Orders by an id, the number of an invoice or credit note, or a reference: newest first, 20 at most.

    Raises:
        NoSuchOrder: there is none.
    """
    for orders in (_by_id(name), _by_number(name), _by_reference(name)):
        if orders:
            return orders
    raise NoSuchOrder


def _by_id(name: str) -> list[Order]:
    try:
        return list(Order.objects.filter(pk=UUID(name.strip())))
    except ValueError:
        return []


def _by_number(name: str) -> list[Order]:
    number = name.strip()  # as it was typed or in capitals: a series may have small letters
    ids = Document.objects.filter(number__in=[number, ascii_upper(number)]).values_list("order_id", flat=True)
    return list(Order.objects.filter(pk__in=list(ids)))


def _by_reference(name: str) -> list[Order]:
    found = Order.objects.filter(reference=name.strip()).exclude(reference="") if name.strip() else Order.objects.none()
    return list(found.order_by("-placed_at", "-pk")[:MAX_FOUND])
