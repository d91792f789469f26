"""Something breaks, an alert fires, its page in docs/runbooks/ is followed, and it ends: with a real Prometheus."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.structs import OffsetAndMetadata

from devstack import product
from devstack.ports import free_port
from devstack.processes.command import Command
from devstack.processes.process import Process
from messaging.transport.kafka.topic_settings import RETENTION_MS, settings_of_new_topics
from tests.e2e.poison import SAID_BY_DOCTOR, poisoned
from tests.e2e.system import ROOT, System
from tests.e2e.test_deleted_events import lose_events_of
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


def test_orders_whose_events_got_lost_are_published_again_as_the_page_says(system, prometheus, operator):
    prometheus.wait_for_end_of("OrderflowOrdersUndecided")
    first, *_ = lost = lose_events_of(system, "inventory", uuid4().hex)

    prometheus.wait_for("OrderflowOrdersUndecided")
    assert prometheus.value("orderflow_orders_undecided") == len(lost)
    assert first in operator.page("/operations/")
    assert "republish_events" in operator.follow(f"manage.py where {first}")
    again = "manage.py republish_events --overdue 600"
    assert again in runbook("OrderflowOrdersUndecided")
    assert operator.follow(again.replace("600", "10")).endswith(f"of {len(lost)} orders\n")

    for order_id in lost:
        system.invoiced(order_id)
    prometheus.wait_for_end_of("OrderflowOrdersUndecided")


# spotify/heroic#53: a consumer that meets a damaged record gets no further, restarted or not.
def test_a_consumer_stalls_at_a_record_that_is_damaged_and_passes_over_it_as_the_page_says(system, prometheus):
    orders, partition = damaged_on_disk(system)

    prometheus.wait_for("OrderflowConsumerStalled", consumer="inventory")
    assert not prometheus.firing("OrderflowKafkaAway")
    assert prometheus.value('orderflow_consumer_lag_events{consumer="inventory", topic="orders"}') > 0
    assert "CorruptRecordError" in (system.folder / "inventory.log").read_text()

    page = runbook("OrderflowConsumerStalled")
    assert "--reset-offsets --to-latest --execute" in page
    system.stop("inventory")
    pass_over(system, partition)
    system.start("inventory")
    system.settle("inventory")
    assert "manage.py republish_events --overdue 60" in page
    system.manage("republish_events", "--overdue", "0")
    for order_id in orders:
        system.invoiced(order_id)
    prometheus.wait_for_end_of("OrderflowConsumerStalled", consumer="inventory")


def damaged_on_disk(system: System) -> tuple[list[str], int]:
    """Orders of which an event is damaged on the broker's disk, before the inventory has read it; its partition."""
    system.stop("inventory")
    logs = {log: log.stat().st_size for log in (system.kafka.folder / "data").glob("orders-*/*.log")}
    orders = [system.place().json()["id"] for _ in range(5)]
    wait_until(lambda: not system.count("messaging_outboxmessage"), what="published")
    system.kafka.stop()
    damaged, end = next((log, end) for log, end in logs.items() if log.stat().st_size > end)
    with damaged.open("r+b") as file:
        file.seek(end + 150)  # behind the head of the batch
        byte = file.read(1)[0]
        file.seek(end + 150)
        file.write(bytes([byte ^ 0xFF]))
    system.kafka.start()
    system.kafka.wait_ready()
    system.start("inventory")
    system.settle("inventory")
    return orders, int(damaged.parent.name.rpartition("-")[2])


def pass_over(system: System, partition: int) -> None:
    """What `kafka-consumer-groups.sh` does."""
    place = TopicPartition("orders", partition)
    servers = system.kafka.bootstrap_servers
    with closing(KafkaConsumer(bootstrap_servers=servers, group_id="orderflow-inventory")) as client:
        client.assign([place])
        client.commit({place: OffsetAndMetadata(client.end_offsets([place])[place], "", -1)})


def test_clients_who_are_rejected_come_through_once_there_is_room(system, prometheus, operator):
    prometheus.wait_for_end_of("OrderflowRequestsRejected")
    keys = [uuid4().hex for _ in range(20)]
    system.stop("web")
    system.start("web", WEB_MAX_ORDERS_IN_FLIGHT="0")

    def rejected() -> bool:
        assert {system.place(key=key).status for key in keys} == {503}
        return prometheus.firing("OrderflowRequestsRejected", reason="Overloaded")

    wait_until(rejected, within=60, what="it fires")
    assert "manage.py doctor" in runbook("OrderflowRequestsRejected")
    assert "postgresql" not in operator.findings()  # it is none of these

    system.stop("web")
    system.start("web")
    assert {system.place(key=key).status for key in keys} == {201}
    prometheus.wait_for_end_of("OrderflowRequestsRejected")


def test_what_prune_waits_for_is_named_and_mended(system, prometheus, operator):
    page = runbook("OrderflowPruneOverdue")
    with topics_kept_for_ever(system):
        with pruning(system, prometheus):
            prometheus.wait_for("OrderflowPruneOverdue")
            assert "not_pruned" in page
            log = (system.folder / "prune.log").read_text()
            assert '"event":"not_pruned"' in log
            assert "topics keep events for ever (retention.ms" in log
            assert any("retention" in found["detail"] for found in operator.findings().values())
        assert "manage.py prune --dry-run" in page
        assert "inbox" in operator.follow("manage.py prune --dry-run").lower()

    assert "`retention.ms`" in page
    with pruning(system, prometheus):  # `Start it: ...`
        prometheus.wait_for_end_of("OrderflowPruneOverdue")


@contextmanager
def pruning(system: System, prometheus) -> Iterator[None]:
    """`prune --daily`, which is scraped."""
    port = free_port()
    environment = system.environment | {"METRICS_PORT": str(port)}
    argv = product.manage("prune", "--daily")
    process = Process(Command("prune", argv, system.folder / "prune.log", folder=ROOT, environment=environment))
    process.start()
    prometheus.scrape_too(port)
    try:
        yield
    finally:
        prometheus.scrape_no_other()
        process.stop(10)


@contextmanager
def topics_kept_for_ever(system: System) -> Iterator[None]:
    keep_events(system, "-1")
    try:
        yield
    finally:
        keep_events(system, str(RETENTION_MS))


def keep_events(system: System, milliseconds: str) -> None:
    """Have a topic keep events for so long; what is not named here would be Kafka's own."""
    named = settings_of_new_topics() | {"retention.ms": milliseconds}
    with closing(KafkaAdminClient(bootstrap_servers=system.kafka.bootstrap_servers)) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "orders", named)])
