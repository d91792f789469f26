"""Which consumers `consume_orders` runs."""

import pytest
from django.core.management import call_command

from operations.management.commands import consume_orders


@pytest.mark.parametrize(
    ("named", "run"),
    [((), ["orders", "inventory", "invoicing"]), (("invoicing", "orders", "invoicing"), ["invoicing", "orders"])],
)
def test_each_consumer_runs_once_however_often_it_is_named(monkeypatch, named, run):
    """Named twice it ran twice: two members that share its partitions, in one process."""
    started = []
    monkeypatch.setattr(consume_orders, "wait_for_services", lambda _stopping: None)
    monkeypatch.setattr(consume_orders, "run_consumers", lambda consumers, *_, **__: started.extend(consumers))

    call_command("consume_orders", *named, "--drain")

    assert [consumer.name for consumer in started] == run
