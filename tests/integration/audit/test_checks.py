"""Each promise, broken in one way: exactly its check reports it."""

import pytest

from messaging.models import DeadLetter, OutboxMessage
from operations.audit.registry import CHECKS
from operations.audit.run import EXAMPLES, examine
from orders.models import Order
from tests.factories import ProductFactory
from tests.integration.audit.corruptions import CORRUPTIONS, FIVE_MINUTES, NONE

pytestmark = pytest.mark.django_db


def test_every_check_has_a_name_of_its_own():
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_a_healthy_shop_breaks_no_promise(busy_shop):
    found = examine(waiting_limit=FIVE_MINUTES)

    assert found.broken == []
    assert found.orders == 5
    assert found.pending == {
        "unanswered": 1,
        "unconfirmed": 0,
        "uninvoiced": 1,
        "unshown": 0,
        "outbox": 2,
        "parked": 0,
        "dead_letters": 0,
        "deferred": 0,
    }


@pytest.mark.parametrize("check", [check.name for check in CHECKS])
def test_a_promise_broken_in_one_way_is_reported_by_its_check_alone(busy_shop, sql, check):
    corruption = CORRUPTIONS[check]

    corruption.break_it(busy_shop, sql)
    found = examine(waiting_limit=corruption.waiting_limit)

    assert found.broken == [check], str(found)
    assert {violation.check for violation in found.violations} == {check}
    assert all(violation.id and violation.detail for violation in found.violations)


def dead_letter(order, **values):
    OutboxMessage.objects.filter(key=order.pk).delete()
    return DeadLetter.objects.create(
        consumer="inventory",
        topic="orders",
        partition=0,
        offset=DeadLetter.objects.count(),
        timestamp=0,
        key=order.pk,
        headers=[],
        body=b"",
        attempts=3,
        **values,
    )


def test_what_was_parked_or_became_a_dead_letter_is_pending_however_long_it_waits(shop):
    OutboxMessage.objects.filter(key=shop.place(MUG=1).pk).update(parked_at="2020-01-01T00:00:00Z")
    dead_letter(shop.place(MUG=1))

    found = examine(waiting_limit=NONE)

    assert found.broken == []
    assert (found.pending["unanswered"], found.pending["parked"], found.pending["dead_letters"]) == (2, 1, 1)


def test_a_discarded_event_breaks_no_promise_for_a_person_decided_so(shop):
    dead_letter(shop.place(MUG=1), state="discarded", resolved_at="2020-01-01T00:00:00Z")

    found = examine(waiting_limit=NONE)

    assert found.broken == []
    assert (found.pending["unanswered"], found.pending["dead_letters"]) == (1, 0)


def test_a_replayed_event_that_had_no_effect_is_noticed(shop):
    dead_letter(shop.place(MUG=1), state="replayed", resolved_at="2020-01-01T00:00:00Z")

    assert examine(waiting_limit=NONE).broken == ["order_answered_or_in_flight"]


def test_an_event_behind_a_parked_one_of_its_order_waits_with_it(shop):
    order = shop.confirm(MUG=1)
    shop.settle()
    OutboxMessage.objects.create(
        topic="orders", type="a.v1", event_id=order.pk, key=order.pk, parked_at="2020-01-01T00:00Z"
    )
    OutboxMessage.objects.create(topic="orders", type="b.v1", event_id=order.pk, key=order.pk)

    assert examine(waiting_limit=NONE).broken == []


def test_of_many_violations_all_are_counted_and_some_are_named(shop, sql):
    for _ in range(EXAMPLES + 5):
        shop.place(MUG=1)
    sql("UPDATE orders_order SET net = net + 1, total = total + 1")

    found = examine(waiting_limit=FIVE_MINUTES)

    assert found.checks["order_net_is_the_sum_of_its_lines"] == EXAMPLES + 5
    assert len(found.violations) == EXAMPLES


def test_an_order_in_a_currency_without_decimals_adds_up(shop):
    ProductFactory(sku="SAKE", unit_price="333", currency="JPY", tax_rate="0.08")
    shop.place(SAKE=3)

    assert Order.objects.get().tax == 80
    assert examine(waiting_limit=FIVE_MINUTES).broken == []
