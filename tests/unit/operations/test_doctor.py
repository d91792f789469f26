"""The doctor finishes, whatever is the matter with those that it looks at."""

import socket
import threading
from contextlib import closing

import pytest

from messaging.transport.kafka.cluster_state import Disk, TopicState
from messaging.transport.kafka.group_state import GroupState, TopicLag
from messaging.transport.kafka.servers import why_not_reached
from operations.doctor import kafka
from operations.doctor.finding import Status, clock, disk, ok
from operations.doctor.kafka import look_at_kafka
from operations.doctor.run import examine
from operations.monitoring.counts import TOO_LONG


def test_what_hangs_or_fails_hides_nothing_of_the_others():
    """yugabyte/yugabyte-db#6301: a check that hangs is the end of all checks."""
    never = threading.Event()

    def hangs():
        yield ok("kafka", "a broker is there")
        never.wait(60)
        yield ok("kafka", "never said")

    def fails():
        raise ValueError("two\nlines")
        yield

    found = examine({"kafka": hangs, "clock": fails, "disk": lambda: [ok("disk", "roomy")]}, time_limit=0.2)
    never.set()

    assert [(each.check, each.status.value) for each in found] == [
        ("kafka", "ok"),
        ("kafka", "unknown"),
        ("clock", "problem"),
        ("disk", "ok"),
    ]
    assert found[2].detail == "ValueError: two lines"


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("nowhere.invalid:9092", "the host nowhere.invalid is not known: DNS has no address of it"),
        ("127.0.0.1:9", "127.0.0.1:9 refuses connections: nothing listens there"),
        ("[::1]:9", "[::1]:9"),
    ],
)
def test_a_server_that_is_not_reached_is_told_apart(server, words):
    assert (why_not_reached(server, timeout=2) or "").startswith(words)


def test_without_a_broker_nothing_else_of_kafka_is_looked_at(settings):
    settings.KAFKA = settings.KAFKA | {"bootstrap_servers": "127.0.0.1:9,nowhere.invalid:9092"}

    assert [(each.check, each.status) for each in look_at_kafka()] == [("kafka", Status.PROBLEM)] * 2


@pytest.mark.parametrize(("seconds", "status"), [(0.9 * TOO_LONG.total_seconds(), Status.OK), (95.4, Status.WARNING)])
def test_a_consumer_is_behind_by_the_age_of_what_waits_and_not_by_its_number(monkeypatch, seconds, status):
    """A few events that nobody comes to are worse than thousands that are handled this second.

    bobmatnyc/trusty-tools#4225: whoever answered was called healthy, although it did not work.
    """
    group = GroupState("orders", "orderflow-orders", "Stable", 1, [TopicLag("inventory", 4711, seconds, 0)])
    monkeypatch.setattr(kafka, "groups", lambda _readers: [group])

    (finding,) = kafka._consumers()

    assert finding.status == status
    assert finding.detail.startswith("1 member, 4711 records wait")
    assert finding.detail.endswith(", the oldest for 95 s") == (status == Status.WARNING)


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_SSL"])
def test_a_broker_that_accepts_and_never_answers_is_named_beside_those_that_do(settings, protocol):
    """Linux accepts connections for a process that is frozen. SckyzO/slurm_exporter#165."""
    settings.KAFKA = settings.KAFKA | {"security_protocol": protocol}
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        server = f"127.0.0.1:{silent.getsockname()[1]}"

        assert why_not_reached(server, timeout=0.3) == f"{server} accepts connections and does not respond: it hangs"


def test_a_broker_that_accepts_and_never_answers_is_not_waited_for(settings):
    """SckyzO/slurm_exporter#165: a port that is held and mute."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        settings.KAFKA = settings.KAFKA | {"bootstrap_servers": f"127.0.0.1:{silent.getsockname()[1]}"}

        (finding,) = examine({"kafka": look_at_kafka}, time_limit=0.5)

    assert (finding.status, finding.detail) == (
        Status.UNKNOWN,
        "it did not answer in time: the rest was not looked at",
    )


def test_a_broker_that_announces_an_address_for_others_only_is_named(monkeypatch, settings):
    """confluentinc/confluent-kafka-go#70, dpkp/kafka-python#814: the first server answers, and then nothing works."""
    topics = [TopicState(name, is_there=False) for name in ("backorders", "inventory", "invoicing", "orders")]
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        settings.KAFKA = settings.KAFKA | {"bootstrap_servers": f"127.0.0.1:{server.getsockname()[1]}"}
        monkeypatch.setattr("messaging.transport.kafka.servers._responds", lambda connection: True)
        monkeypatch.setattr(
            "operations.doctor.kafka.brokers_and_topics", lambda names: (["9c95dafd9323.invalid:9092"], topics)
        )
        finding = next(iter(look_at_kafka()))

    assert finding.status is Status.PROBLEM
    assert "announces itself there, and the host 9c95dafd9323.invalid is not known" in finding.detail
    assert finding.advice == "start it; if it is well, mend its advertised.listeners"


def test_one_broker_is_not_called_brokers(settings):
    settings.KAFKA_TOPIC_REPLICATION = 2

    (finding,) = kafka._brokers(["127.0.0.1:9"], [])

    assert finding.detail == "1 broker is reached, and topics are to have 2 copies"


@pytest.mark.parametrize(("away", "takes_events"), [(1, True), (2, False)])
def test_brokers_that_are_away_count_although_the_others_still_name_them(monkeypatch, settings, away, takes_events):
    """DataDog/integrations-core#12108: too few copies in sync is what stops publishing. Without a majority of its
    controllers Kafka goes on telling what was so before, and whoever asks those that are away waits for them.
    """
    settings.KAFKA_TOPIC_REPLICATION = 3
    brokers = [f"127.0.0.1:{number}" for number in (1, 2, 3)]
    gone = [f"{broker} refuses connections: nothing listens there" for broker in brokers[:away]]
    looked_at = []
    monkeypatch.setattr(kafka, "bootstrap_servers", lambda: brokers)
    monkeypatch.setattr(kafka, "_failures", lambda servers: gone)
    monkeypatch.setattr(kafka, "brokers_and_topics", lambda names: (brokers, [TopicState("orders", is_there=True)]))
    monkeypatch.setattr(kafka, "_CHECKS", {"consumers": lambda: looked_at.append("consumers") or iter(())})

    found = {each.detail for each in look_at_kafka() if each.status is Status.PROBLEM}

    number = "2 brokers are" if takes_events else "1 broker is"
    (told,) = [each for each in found if each.startswith(number)]
    assert ("Kafka takes no event before 2 are" in told) != takes_events
    assert bool(looked_at) == takes_events


@pytest.mark.parametrize(
    ("servers", "is_named"),
    [("127.0.0.1:1", True), ("127.0.0.1:1,127.0.0.1:2", False), ("kafka.example.com:1", False)],
)
def test_whoever_knows_one_of_several_brokers_alone_is_told(settings, servers, is_named):
    """artie-labs/transfer#99: with three brokers, the one that is named is still the one that must not fail."""
    settings.KAFKA = settings.KAFKA | {"bootstrap_servers": servers}

    found = [each.detail for each in kafka._brokers(["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"], [])]

    assert any(each.startswith("KAFKA_BOOTSTRAP_SERVERS names one of 3 brokers") for each in found) == is_named


@pytest.mark.parametrize(
    ("seconds", "status"), [(0.3, "ok"), (-0.3, "ok"), (1.2, "warning"), (-3.0, "problem"), (3600.0, "problem")]
)
def test_clocks_that_differ_are_told(seconds, status):
    assert clock("clock of kafka", seconds).status == status


def test_a_skew_that_the_way_there_may_have_made_is_none():
    assert clock("clock of kafka", 2.5, exact_to=2.4).status is Status.OK


@pytest.mark.parametrize(("free", "status"), [(200, "ok"), (40, "warning"), (4, "problem")])
def test_a_disk_that_fills_up_is_told(free, status):
    assert disk("disk", "/", 500 * 2**30, free * 2**30).status == status


def test_a_disk_that_a_broker_has_given_up_is_told_with_the_broker(monkeypatch):
    """strimzi/strimzi-kafka-operator#12725: the broker goes on with its other disks, and nobody restarts it."""
    found = [
        Disk("b1:9092", "/data", 500 * 2**30, 200 * 2**30, has_failed=False),
        Disk("b2:9092", "/data", -1, -1, has_failed=True),
        Disk("b3:9092", "/data", -1, -1, has_failed=False),  # of a version that does not tell sizes
    ]
    monkeypatch.setattr("operations.doctor.kafka.disks", lambda: found)

    well, failed = kafka._disks()

    assert (well.status, well.detail) == (Status.OK, "200.0 of 500.0 GiB are free at /data of broker b1:9092")
    assert failed.status is Status.PROBLEM
    assert failed.detail.startswith("the disk at /data of broker b2:9092 has failed")
