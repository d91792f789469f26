"""The errors of commands."""

from common.errors import Conflict, NotFound, Unavailable


class UnknownOrders(NotFound):
    """There are no such orders."""


class EventsDiscarded(Conflict):
    """Events of these orders were discarded, and would be handled after all."""


class NoSuchOrder(NotFound):
    """No order has this id or reference, and no document, shipment or parcel this number."""


class NoSuchCustomer(NotFound):
    """No order, invoice or credit note is of this customer."""


class ResponsesPromised(Conflict):
    """Stored responses name the customer that clients may still ask for."""


class NothingToReplay(Conflict):
    """No dead letter of these is open any more."""


class MetricsAddressTaken(Unavailable):
    """Nothing can listen at METRICS_HOST and METRICS_PORT."""
