import socket
import threading
import time
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from structlog.testing import capture_logs

from devstack.ports import free_port
from messaging.transport.base import Message
from messaging.transport.kafka import connect_producer
from messaging.transport.kafka.connection import connection_settings
from messaging.transport.kafka.lag import lags
from messaging.transport.kafka.topic_settings import problems_of, read_settings, settings_of_new_topics
from messaging.transport.kafka.topics import missing_topics, topic_problems
from operations.cli.processes import wait_for_services
from operations.pipeline import TOPICS
from tests.waiting import wait_until


@pytest.mark.usefixtures("kafka")
def test_topics_that_are_as_the_settings_ask_are_left_alone(capsys):
    call_command("ensure_topics")

    assert capsys.readouterr().out == "all topics are there\n"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("KAFKA_TOPIC_PARTITIONS", r"topic test-.*\.backorders has 3 partitions, KAFKA_TOPIC_PARTITIONS asks for 4"),
        ("KAFKA_TOPIC_REPLICATION", r"topic test-.*\.backorders has 1 copy, KAFKA_TOPIC_REPLICATION asks for 2"),
    ],
)
def test_a_topic_that_is_less_than_the_settings_ask_for_is_named(kafka, settings, setting, said):
    assert kafka
    setattr(settings, setting, getattr(settings, setting) + 1)

    with pytest.raises(CommandError, match=said):
        call_command("ensure_topics")


def alter(topic, **configs):
    """Change settings of a topic, named with _ for the dots."""
    given = settings_of_new_topics() | {name.replace("_", "."): value for name, value in configs.items()}
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, given)
    with closing(KafkaAdminClient(**connection_settings())) as admin:
        admin.alter_configs([resource])
        wait_until(lambda: given.items() <= read_settings(admin, [topic]).get(topic, {}).items(), what="it has them")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("cleanup_policy", "compact"),
        ("cleanup_policy", "compact,delete"),
        ("max_message_bytes", "1048588"),
        ("unclean_leader_election_enable", "true"),
        ("min_insync_replicas", "2"),  # more than there are copies: nothing can be sent
    ],
)
def test_a_setting_by_which_events_are_lost_is_an_error_that_names_it(kafka, setting, value):
    """Apicurio/apicurio-registry#4778, apache/kafka#8828: topics that were there before, with a policy of their own."""
    alter(f"{kafka}inventory", **{setting: value})

    with pytest.raises(CommandError) as error:
        call_command("ensure_topics")

    message = str(error.value)
    assert f"topic {kafka}inventory has {setting.replace('_', '.')} = {value}, and should have " in message
    assert "\n" not in message


@pytest.mark.usefixtures("kafka")
def test_fewer_copies_in_sync_than_the_settings_ask_for_are_an_error(settings):
    settings.KAFKA_TOPIC_REPLICATION = 3
    assert [str(problem) for problem in problems_of("orders", {"min.insync.replicas": "1"})] == [
        "topic orders has min.insync.replicas = 1, and should have 2 to 3 (KAFKA_TOPIC_REPLICATION)"
    ]


@pytest.mark.parametrize(
    ("setting", "value"),
    [("retention_ms", "3600000"), ("retention_bytes", "1000000"), ("message_timestamp_type", "CreateTime")],
)
def test_a_setting_by_which_consumers_that_are_away_miss_events_is_a_warning(kafka, capsys, setting, value):
    alter(f"{kafka}orders", **{setting: value})

    call_command("ensure_topics")

    said = capsys.readouterr()
    assert said.out == "all topics are there\n"
    (line,) = said.err.splitlines()
    assert line.startswith(f"warning: topic {kafka}orders has {setting.replace('_', '.')} = {value}, and should have ")


def test_a_retention_without_end_is_fine(kafka, capsys):
    alter(f"{kafka}orders", retention_ms="-1")
    call_command("ensure_topics")
    assert capsys.readouterr().err == ""


@pytest.mark.django_db
def test_whoever_consumes_or_publishes_is_warned_at_its_start_and_starts(kafka):
    alter(f"{kafka}orders", retention_ms="3600000", cleanup_policy="compact")

    with capture_logs() as logs:
        wait_for_services(threading.Event())

    named = [(line["topic"], line["setting"]) for line in logs if line["event"] == "topic_setting"]
    assert sorted(named) == [(f"{kafka}orders", "cleanup.policy"), (f"{kafka}orders", "retention.ms")]


def test_of_a_batch_that_a_topic_does_not_take_only_what_is_too_large_fails(kafka):
    """dpkp/kafka-python#220: of a batch the broker says only that it is too large, and not which message is."""
    alter(f"{kafka}orders", max_message_bytes="10000")
    sizes = [1_000] * 40 + [20_000] + [1_000] * 40
    messages = [Message("orders", f"key-{n}".encode(), b"x" * size, []) for n, size in enumerate(sizes)]

    with closing(connect_producer()) as producer:
        failures = producer.send(messages)
        assert producer.send(messages[:1]) == [None]

    assert [n for n, failure in enumerate(failures) if failure is not None] == [40]
    assert failures[40].permanent
    assert failures[40].reason == f"topic {kafka}orders takes no event of 20000 bytes: see its max.message.bytes"


@pytest.mark.usefixtures("kafka")
def test_new_topics_get_their_settings_whatever_the_broker_has_as_default():
    assert topic_problems(TOPICS) == []


@pytest.mark.usefixtures("kafka")
def test_with_one_of_two_servers_away_the_other_is_asked(settings):
    """dpkp/kafka-python#2284: the library asks one by chance, and gives up."""
    wait_until(lambda: missing_topics(TOPICS) == [], what="the broker shows the topics that it has just made")
    settings.KAFKA["bootstrap_servers"], before = (
        f"127.0.0.1:{free_port()},{settings.KAFKA['bootstrap_servers']}",
        settings.KAFKA["bootstrap_servers"],
    )
    try:
        for _ in range(12):
            call_command("ensure_topics")
            assert missing_topics(TOPICS) == []
    finally:
        settings.KAFKA["bootstrap_servers"] = before


@pytest.mark.usefixtures("kafka")
def test_while_one_of_two_servers_hangs_the_other_is_asked(settings):
    """seglo/kafka-lag-exporter#194, kafka-python-ng/kafka-python-ng#47: Linux accepts connections for a frozen broker.

    Whoever asked that one waited for ten seconds, and a relay told Prometheus that Kafka is away while orders flowed.
    """
    wait_until(lambda: missing_topics(TOPICS) == [], what="the broker shows the topics that it has just made")
    wait_until(lambda: lags({"orders": ["inventory"]}), what="its groups have a coordinator")
    before, began = settings.KAFKA["bootstrap_servers"], time.monotonic()
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        settings.KAFKA["bootstrap_servers"] = f"127.0.0.1:{silent.getsockname()[1]},{before}"
        try:
            for _ in range(6):
                assert missing_topics(TOPICS) == []
                assert [lag.records for lag in lags({"orders": ["inventory"]})] == [0]
        finally:
            settings.KAFKA["bootstrap_servers"] = before
    assert time.monotonic() - began < 9, "the one that hangs was waited for"


def test_with_all_servers_away_the_error_names_them(settings):
    nobody = f"127.0.0.1:{free_port()},127.0.0.1:{free_port()}"
    settings.KAFKA["bootstrap_servers"], before = nobody, settings.KAFKA["bootstrap_servers"]
    try:
        with pytest.raises(CommandError, match=f"Kafka does not answer at {nobody}"):
            call_command("ensure_topics")
    finally:
        settings.KAFKA["bootstrap_servers"] = before
