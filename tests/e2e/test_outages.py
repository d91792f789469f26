"""Outages: what is accepted is never lost, and everything recovers by itself."""

import signal

import pytest

from messaging.transport.base import Message
from messaging.transport.kafka import connect_producer
from tests.toy_events import as_message, happened
from tests.waiting import wait_until


def test_with_kafka_away_orders_are_accepted_and_flow_on_when_it_is_back(system):
    system.kafka.kill()

    answers = [system.place() for _ in range(10)]
    assert [answer.status for answer in answers] == [201] * 10
    assert system.count("messaging_outboxmessage") >= 10

    system.kafka.start()
    system.kafka.wait_ready()
    for answer in answers:
        system.invoiced(answer.json()["id"])
    assert system.audit()["pending"]["outbox"] == 0


def test_with_postgresql_away_requests_get_503_and_everything_recovers_without_a_restart(system):
    before = system.count("orders_order")
    system.postgres.kill()

    answer = system.place()
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert system.get("/health/live").status == 200
    assert system.get("/health/ready").status == 503

    system.postgres.start()
    system.postgres.wait_ready()
    wait_until(lambda: system.get("/health/ready").status == 200, what="ready again")
    placed = wait_until(lambda: (a := system.place()).status == 201 and a, what="orders are accepted again")
    system.invoiced(placed.json()["id"])
    assert system.count("orders_order") == before + 1
    assert all(process.is_running for process in system.processes.values())


# Datateknologerna-vid-Abo-Akademi/date-website#1097, graphql-hive/console#3808: probes that ended who only waited.
def test_processes_that_start_before_their_servers_wait_say_so_once_show_signs_of_life_and_go_on(system, tmp_path):
    system.stop("orders", "inventory", "invoicing", "relay")
    before = len(system.events("inventory", "waiting"))
    order_id = system.place().json()["id"]
    system.kafka.kill()
    system.postgres.kill()

    waiting = {name: tmp_path / name for name in ("orders", "inventory", "invoicing", "relay")}
    for name, heartbeat in waiting.items():
        system.start(name, HEARTBEAT_FILE=str(heartbeat))
    wait_until(lambda: len(system.events("inventory", "waiting")) > before, what="it says that it waits")
    for heartbeat in waiting.values():
        wait_until(heartbeat.exists, within=60, what="who waits has a heartbeat")
    system.postgres.start()
    system.postgres.wait_ready()
    wait_until(lambda: "Kafka" in system.events("inventory", "waiting")[-1]["reason"], what="Kafka did not come")
    system.kafka.start()
    system.kafka.wait_ready()

    system.invoiced(order_id)
    reasons = [line["reason"] for line in system.events("inventory", "waiting")[before:]]
    assert len(set(reasons)) == len(reasons)
    assert reasons[0].startswith("PostgreSQL does not answer: ")
    assert reasons[-1].startswith("Kafka does not answer")


@pytest.mark.parametrize("name", ["orders", "inventory", "invoicing"])
def test_messages_that_are_no_events_are_dead_lettered_and_the_partition_flows_on(system, settings, name):
    settings.KAFKA["bootstrap_servers"], before = system.kafka.bootstrap_servers, settings.KAFKA["bootstrap_servers"]
    topic = {"orders": "inventory", "inventory": "orders", "invoicing": "orders"}[name]
    letters = f"messaging_deadletter WHERE consumer = '{name}'"
    count = system.count(letters)
    producer = connect_producer()
    event = as_message(happened())
    newer = as_message(happened(), event_type="order.placed.v9")
    bad = [
        Message(topic, b"k", b"not json", event.headers),
        Message(topic, b"k", b"", []),
        Message(topic, b"k", newer.value, newer.headers),
    ]
    try:
        assert producer.send(bad) == [None, None, None]
    finally:
        producer.close()
        settings.KAFKA["bootstrap_servers"] = before

    wait_until(lambda: system.count(letters) == count + 3, what="three dead letters")
    system.invoiced(system.place().json()["id"])


def test_a_frozen_consumer_is_replaced_and_does_no_harm_when_it_wakes(system):
    """A zombie: its partitions go elsewhere while it sleeps, and what it does afterwards changes nothing."""
    system.start("inventory-2")
    wait_until(lambda: system.events("inventory-2", "partitions_assigned"), what="the second joined")
    system.processes["inventory"].pause()

    orders = [system.place().json()["id"] for _ in range(20)]
    for order_id in orders:
        system.invoiced(order_id)
    system.processes["inventory"].resume()

    system.invoiced(system.place().json()["id"])
    assert system.audit()["pending"]["unanswered"] == 0


def test_a_killed_web_server_leaves_no_order_half_done_and_its_clients_retries_place_each_once(system):
    keys = [f"retried-{n}" for n in range(30)]
    answers = {}
    for number, key in enumerate(keys):
        if number in (10, 20):
            system.processes["web"].kill()
            system.processes["web"].start()
        answers[key] = wait_until(lambda key=key: (a := system.place(key=key)).status == 201 and a, what="placed")

    for key, answer in answers.items():
        again = system.place(key=key)
        assert again.json()["id"] == answer.json()["id"]
    stored = system.query("SELECT count(*) FROM api_idempotencyrecord WHERE key LIKE 'retried-%'")
    assert stored == [(30,)]
    for answer in answers.values():
        system.invoiced(answer.json()["id"])
    system.audit()


def test_sigint_is_as_good_as_sigterm(system):
    import os

    os.kill(system.processes["relay"].pid, signal.SIGINT)

    assert system.processes["relay"].wait() == 0
