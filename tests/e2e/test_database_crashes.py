"""PostgreSQL dies by SIGKILL with orders and batches in hand, and recovers from its log of writes."""

from tests.e2e.customers import all_orders_are_finished, customers
from tests.waiting import wait_until

CRASHES = 3
ASK = """
from django.db import connection
with connection.cursor() as cursor:
    for name in ("synchronous_commit", "fsync", "full_page_writes"):
        cursor.execute(f"SHOW {name}")
        print(name, *cursor.fetchone())
"""


def test_sessions_of_the_product_are_told_of_a_commit_only_when_it_is_on_the_disk(system):
    answer = system.manage("shell", "--no-imports", "-c", ASK)

    assert answer.stdout.splitlines() == ["synchronous_commit on", "fsync on", "full_page_writes on"]
    assert system.query("SELECT setconfig FROM pg_db_role_setting") == []


def test_every_order_that_was_answered_is_there_after_postgresql_was_killed_under_load(system):
    """All its processes at once, again and again, among requests and batches of every consumer."""
    recoveries = system.postgres.log.read_text().count("redo done")
    with customers(system, clients=12, pause=0.0) as placed:
        for _ in range(CRASHES):
            so_far = len(placed)
            wait_until(lambda so_far=so_far: len(placed) > so_far + 100, within=60, what="orders are placed")
            system.postgres.kill()
            answered = list(placed)
            system.postgres.start()
            system.postgres.wait_ready()
            stored = {str(order_id) for (order_id,) in system.query("SELECT id FROM orders_order")}
            assert stored >= set(answered)

    assert system.postgres.log.read_text().count("redo done") == recoveries + CRASHES
    all_orders_are_finished(system)
    assert len(set(placed)) == len(placed)
