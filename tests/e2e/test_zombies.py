"""Processes that are frozen, replaced, and resumed."""

from urllib.parse import quote

import psycopg2

from tests.e2e.customers import all_orders_are_finished
from tests.e2e.system import System
from tests.waiting import wait_until

# As in the settings of the product, only less patient: milliseconds.
IMPATIENT = "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=3000"


def test_a_consumer_that_is_frozen_in_a_batch_is_replaced_and_does_no_harm_when_it_wakes(system):
    """It has claimed events and holds rows: PostgreSQL ends its transaction, and whoever took over handles them."""
    impatient = {"DATABASE_URL": f"{system.postgres.url}?options={quote(IMPATIENT)}"}
    system.stop("inventory")
    system.start("inventory", **impatient)
    already = len(system.events("inventory", "batch_waits"))
    waiting = "pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '^EXECUTE |inventory_stockitem'"
    owner = psycopg2.connect(system.postgres.admin_url)
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT FROM inventory_stockitem WHERE sku = 'TEST-BAG' FOR UPDATE")
        order_id = system.place().json()["id"]
        wait_until(lambda: system.count(waiting), what="a consumer has the order in hand")
        system.processes["inventory"].pause()
    owner.close()

    system.start("inventory-2", **impatient)
    system.invoiced(order_id)
    system.processes["inventory"].resume()

    woken = wait_until(lambda: system.events("inventory", "batch_waits")[already:], what="it finds what happened")
    assert "connection" in woken[0]["error"]  # PostgreSQL ended it
    for number in range(10):
        system.invoiced(system.place(key=f"after-{number}").json()["id"])
    assert order_id in _handled_by(system, "inventory-2")
    assert order_id not in _handled_by(system, "inventory")
    all_orders_are_finished(system)
    system.stop("inventory")  # whose settings are not everybody's


def _handled_by(system: System, name: str) -> set[str]:
    return {order_id for line in system.events(name, "events_handled") for order_id in line["order_ids"]}
