"""What clients were told, against the orders that are stored."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.chaos.finding import Finding
from tests.chaos.journal import Wish
from tests.chaos.stored import StoredOrder


def judge_requests(wishes: Iterable[Wish], orders: Sequence[StoredOrder]) -> Iterator[Finding]:
    """Each accepted order is there once as it was asked for, no refused one is, and of an unknown one at most one."""
    by_id = {order.id: order for order in orders}
    by_reference: dict[str, list[StoredOrder]] = defaultdict(list)
    for order in orders:
        by_reference[order.reference].append(order)
    for wish in wishes:
        yield from _judge(wish, by_reference.pop(wish.reference, []), by_id)
    for reference, orders_of_nobody in by_reference.items():
        yield Finding("invented", reference, f"nobody asked for {[order.id for order in orders_of_nobody]}")


def _judge(wish: Wish, there: Sequence[StoredOrder], by_id: dict[str, StoredOrder]) -> Iterator[Finding]:
    """`there`: the orders under the wish's reference."""
    answered = sorted(set(wish.ids))
    if len(there) > 1 or len(answered) > 1:
        yield Finding("doubled", wish.reference, f"stored as {[order.id for order in there]}, answered {answered}")
    for order_id in answered:
        if order_id not in by_id:
            yield Finding("lost", wish.reference, f"accepted as {order_id}, and not stored")
    if wish.not_found:
        yield Finding("lost", wish.reference, f"not found {wish.not_found} times after it had been accepted")
    if wish.refusals and (there or answered):
        yield Finding("invented", wish.reference, f"refused with {wish.refusals}, and yet stored or accepted")
    told = [by_id[order_id] for order_id in answered if order_id in by_id]
    for order in told or there:
        if (order.reference, order.lines) != (wish.reference, wish.lines):
            yield Finding("altered", wish.reference, f"asked for {wish.lines}, stored as {order}")
