"""Each corruption is found by exactly the checks that are there for it."""

import pytest
from django.db.models import F

from messaging.events import new_id
from messaging.models import OutboxMessage
from operations.audit import scopes
from operations.audit.registry import CHECKS
from operations.audit.run import EXAMPLES
from orders.models import Order
from tests.audits import examine
from tests.factories import ProductFactory
from tests.integration.audit.corruptions import CORRUPTIONS, FIVE_MINUTES, NONE
from tests.integration.audit.letters import dead_letter

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
        "backordered": 0,
        "uninvoiced": 1,
        "unshown": 0,
        "unissued": 0,
        "unreleased": 0,
        "outbox": 2,
        "parked": 0,
        "dead_letters": 0,
        "deferred": 0,
    }


def test_each_check_has_a_corruption_of_its_own():
    assert {corruption.check for corruption in CORRUPTIONS} == {check.name for check in CHECKS}


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=str)
def test_a_promise_broken_in_one_way_is_reported_by_its_checks_alone(busy_shop, sql, corruption):
    corruption.break_it(busy_shop, sql)
    found = examine(waiting_limit=corruption.waiting_limit)

    assert set(found.broken) == {corruption.check} | corruption.others, str(found)
    assert {violation.check for violation in found.violations} == set(found.broken)
    assert all(violation.id and violation.detail for violation in found.violations)


def test_what_was_parked_or_became_a_dead_letter_is_pending_however_long_it_waits(shop):
    OutboxMessage.objects.filter(key=shop.place(MUG=1).pk).update(parked_at="2020-01-01T00:00:00Z")
    dead_letter(lost_order(shop), consumer="inventory", event_type="order.placed.v1", state="failed")

    found = examine(waiting_limit=NONE)

    assert found.broken == []
    assert (found.pending["unanswered"], found.pending["parked"], found.pending["dead_letters"]) == (2, 1, 1)


def test_a_discarded_event_breaks_no_promise_for_a_person_decided_so(shop):
    dead_letter(lost_order(shop), consumer="inventory", event_type="order.placed.v1", state="discarded")

    found = examine(waiting_limit=NONE)

    assert found.broken == []
    assert (found.pending["unanswered"], found.pending["dead_letters"]) == (1, 0)


def test_a_replayed_event_that_had_no_effect_is_noticed(shop):
    dead_letter(lost_order(shop), consumer="inventory", event_type="order.placed.v1", state="replayed")

    assert examine(waiting_limit=NONE).broken == ["order_answered_or_in_flight"]


def test_an_event_behind_a_parked_one_of_its_order_waits_with_it(shop):
    order = shop.place(MUG=1)
    shop.deliver("inventory")
    OutboxMessage.objects.filter(key=order.pk).update(parked_at="2020-01-01T00:00Z")
    shop.broker.logs.clear()
    reserved = OutboxMessage.objects.get()
    OutboxMessage.objects.create(
        topic="inventory", type="stock.low.v1", event_id=new_id(), key=order.pk, body=reserved.body
    )

    assert examine(waiting_limit=NONE).broken == []


def lost_order(shop) -> Order:
    """An order whose event is lost."""
    order = shop.place(MUG=1)
    OutboxMessage.objects.filter(key=order.pk).delete()
    return order


def test_of_many_violations_all_are_counted_and_some_are_named(shop, monkeypatch):
    monkeypatch.setattr(scopes, "ORDERS_AT_ONCE", 7)  # which are found in several ranges
    for _ in range(EXAMPLES + 5):
        shop.place(MUG=1)
    shop.settle()
    Order.objects.update(tax=F("tax") + 1, total=F("total") + 1)

    found = examine(waiting_limit=FIVE_MINUTES)

    assert found.checks["order_tax_is_the_sum_of_its_taxes"] == EXAMPLES + 5
    named = [each.id for each in found.violations if each.check == "order_tax_is_the_sum_of_its_taxes"]
    assert named == sorted(map(str, Order.objects.values_list("pk", flat=True)))[:EXAMPLES]


def test_an_order_in_a_currency_without_decimals_adds_up(shop):
    ProductFactory(sku="SAKE", unit_price="333", currency="JPY", tax_rate="0.08")
    shop.place(SAKE=3)

    assert Order.objects.get().tax == 80
    assert examine(waiting_limit=FIVE_MINUTES).broken == []
