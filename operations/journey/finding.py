"""Finding orders by id, reference, or the number of a document or a shipment."""

from uuid import UUID

from common.text import ascii_upper
from invoicing.models import Document
from operations.exceptions import NoSuchOrder
from orders.models import Order, Shipment
from orders.shipment_numbers import parse_shipment_number

MAX_FOUND = 20  # orders of one reference


def find_orders(name: str) -> list[Order]:
    """Orders by an id, the number of an invoice, credit note or shipment, a reference, or a tracking number, in this
    order: newest first, 20 at most.

    Raises:
        NoSuchOrder: there is none.
    """
    for find in (_by_id, _by_number, _by_shipment, _by_reference, _by_tracking):
        if orders := find(name):
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


def _by_shipment(name: str) -> list[Order]:
    shipment_id = parse_shipment_number(ascii_upper(name.strip()))
    return [] if shipment_id is None else list(Order.objects.filter(shipments=shipment_id))


def _by_tracking(name: str) -> list[Order]:
    tracking = name.strip()
    sent = Shipment.objects.filter(tracking__in=[tracking, ascii_upper(tracking)]).exclude(tracking="")
    ids = sent.order_by("-pk").values_list("order_id", flat=True)[:MAX_FOUND]
    return list(Order.objects.filter(pk__in=list(ids)).order_by("-placed_at", "-pk"))


def _by_reference(name: str) -> list[Order]:
    found = Order.objects.filter(reference=name.strip()).exclude(reference="") if name.strip() else Order.objects.none()
    return list(found.order_by("-placed_at", "-pk")[:MAX_FOUND])
