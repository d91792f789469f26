"""Something breaks, an alert fires, its page in docs/runbooks/ is followed, and it ends: with a real Prometheus."""

import json

from tests.e2e.poison import SAID_BY_DOCTOR, poisoned
from tests.prometheus import DASHBOARD, alerts, metrics_in, runbook
from tests.waiting import wait_until

SUFFIXES = ("_total", "_bucket", "_sum", "_count")


def test_every_metric_of_alerts_and_dashboard_is_scraped_from_the_product(system, prometheus):
    system.invoiced(system.place().json()["id"])
    assert system.get("/orders/nothing").status == 404  # a problem, which is counted
    asked = {name for rule in alerts().values() for name in metrics_in(rule["expr"])}
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        asked |= {name for target in panel["targets"] for name in metrics_in(target["expr"])}
    of_prune = {"orderflow_prune_due_rows", "orderflow_prune_last_success_timestamp_seconds"}  # which does not run here

    def missing() -> set[str]:
        known = prometheus.get("metadata").keys()
        families = ({name, *(name.removesuffix(suffix) for suffix in SUFFIXES)} for name in asked - of_prune)
        return {max(names, key=len) for names in families if not names & known}

    wait_until(lambda: not missing(), what="all are scraped: missing are those of `missing()`")


def test_a_consumer_dies_and_what_the_page_of_the_alert_says_ends_it(system, prometheus, operator):
    prometheus.wait_for_end_of("OrderflowConsumerLag", consumer="inventory")
    system.kill("inventory")
    orders = [system.place().json()["id"] for _ in range(20)]

    prometheus.wait_for("OrderflowConsumerMissing", consumer="inventory")
    prometheus.wait_for("OrderflowConsumerLag", consumer="inventory", topic="orders")
    assert prometheus.firing("OrderflowProcessDown", job="orderflow-inventory")
    assert prometheus.value('orderflow_consumer_lag_events{consumer="inventory", topic="orders"}') >= len(orders)
    found = operator.findings()["consumer inventory"]
    assert "has no members" in found["detail"]
    assert "Nobody runs the consumer inventory." in operator.page("/operations/")

    assert found["advice"] in runbook("OrderflowConsumerLag")
    assert found["advice"] in runbook("OrderflowConsumerMissing")
    system.start(found["advice"].removeprefix("manage.py consume_orders "))

    for order_id in orders:
        system.invoiced(order_id)
    prometheus.wait_for_end_of("OrderflowConsumerLag", consumer="inventory")
    prometheus.wait_for_end_of("OrderflowConsumerMissing", consumer="inventory")
    prometheus.wait_for_end_of("OrderflowProcessDown", job="orderflow-inventory")
    assert "consumer inventory" not in operator.findings()


def test_a_poison_message_is_mended_and_replayed_as_the_page_of_its_alert_says(system, prometheus, operator):
    labels = {"consumer": "inventory", "cause": "IntegrityError"}
    page = runbook("OrderflowDeadLetters")
    with poisoned(system) as order_id:
        prometheus.wait_for("OrderflowDeadLetters", **labels)
        (found,) = (each for each in operator.findings_of("dead letters") if SAID_BY_DOCTOR in each["detail"])
        show, number = found["advice"].rsplit(" ", maxsplit=1)
        assert f"{show} ID" in page
        assert "demo_fault" in operator.follow(found["advice"])
        assert SAID_BY_DOCTOR in operator.page("/operations/")
        try_it = "manage.py dead_letters replay ID --dry-run"
        assert try_it in page
        assert "1 would fail again" in operator.follow(try_it.replace("ID", number))

    assert "1 would be replayed" in operator.follow(try_it.replace("ID", number))
    replay = "manage.py dead_letters replay ID\n"
    assert replay in page
    operator.follow(replay.replace("ID", number))

    assert system.invoiced(order_id)["status"] == "confirmed"
    prometheus.wait_for_end_of("OrderflowDeadLetters", **labels)
    assert not [each for each in operator.findings_of("dead letters") if SAID_BY_DOCTOR in each["detail"]]
    assert SAID_BY_DOCTOR not in operator.page("/operations/")


def test_kafka_is_away_for_a_while_which_is_seen_and_explained_and_over(system, prometheus, operator):
    system.kafka.kill()
    orders = [system.place().json()["id"] for _ in range(5)]

    prometheus.wait_for("OrderflowKafkaAway")
    prometheus.wait_for("OrderflowOutboxOld")
    assert prometheus.value("orderflow_outbox_events") >= len(orders)
    assert not prometheus.firing("OrderflowProcessDown")  # those who tell of it are there
    assert not prometheus.firing("OrderflowPostgresqlAway")
    assert operator.findings()["kafka"]["detail"].endswith("refuses connections: nothing listens there")
    assert "Orders are still accepted, and their events wait. See that Kafka runs." in operator.page("/operations/")

    system.kafka.start()  # which is all that there is to do
    system.kafka.wait_ready()

    for order_id in orders:
        system.invoiced(order_id)
    prometheus.wait_for_end_of("OrderflowKafkaAway")
    prometheus.wait_for_end_of("OrderflowOutboxOld")
    assert "kafka" not in operator.findings()
    assert all(process.is_running for process in system.processes.values())
