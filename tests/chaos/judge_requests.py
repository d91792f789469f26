"""What clients were told, against the orders that are stored."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.chaos.finding import Finding
from tests.chaos.journal import RequestedOrder
from tests.chaos.stored import StoredOrder


def judge_requests(requested: Iterable[RequestedOrder], orders: Sequence[StoredOrder]) -> Iterator[Finding]:
    """Each accepted order is there once as it was asked for, no refused one is, and of an unknown one at most one."""
    by_id = {order.id: order for order in orders}
    by_reference: dict[str, list[StoredOrder]] = defaultdict(list)
    for order in orders:
        by_reference[order.reference].append(order)
    for request in requested:
        yield from _judge(request, by_reference.pop(request.reference, []), by_id)
    for reference, orders_of_nobody in by_reference.items():
        yield Finding("invented", reference, f"nobody asked for {[order.id for order in orders_of_nobody]}")


def _judge(request: RequestedOrder, there: Sequence[StoredOrder], by_id: dict[str, StoredOrder]) -> Iterator[Finding]:
    """Findings about one requested order; `there`: the stored orders under its reference."""
    answered = sorted(set(request.ids))
    if len(there) > 1 or len(answered) > 1:
        yield Finding("doubled", request.reference, f"stored as {[order.id for order in there]}, answered {answered}")
    for order_id in answered:
        if order_id not in by_id:
            yield Finding("lost", request.reference, f"accepted as {order_id}, and not stored")
    if request.not_found:
        yield Finding("lost", request.reference, f"not found {request.not_found} times after it had been accepted")
    if request.refusals and (there or answered):
        yield Finding("invented", request.reference, f"refused with {request.refusals}, and yet stored or accepted")
    told = [by_id[order_id] for order_id in answered if order_id in by_id]
    for order in told or there:
        if (order.reference, order.lines) != (request.reference, request.lines):
            yield Finding("altered", request.reference, f"asked for {request.lines}, stored as {order}")
