from pathlib import Path

import pytest

from devstack.kafka.broker import new_cluster_id
from devstack.kafka.cluster import KafkaCluster
from devstack.kafka.settings import server_properties, write_properties


def settings(voters):
    return server_properties(
        node_id=1, port=15001, controller_port=15002, voters=voters, data=Path("data"), session_seconds=3
    )


def test_every_listener_is_on_the_loopback_interface():
    for name in ("listeners", "advertised.listeners", "controller.quorum.voters"):
        addresses = settings({1: 15002})[name].split(",")
        assert all("127.0.0.1:" in address for address in addresses)


def test_a_node_alone_keeps_one_copy_of_the_internal_topics():
    assert settings({1: 15002})["offsets.topic.replication.factor"] == "1"


def test_three_nodes_know_each_other_and_keep_three_copies():
    cluster = settings({1: 15002, 2: 15004, 3: 15006})

    assert cluster["controller.quorum.voters"] == "1@127.0.0.1:15002,2@127.0.0.1:15004,3@127.0.0.1:15006"
    assert cluster["offsets.topic.replication.factor"] == "3"


def test_a_cluster_id_is_22_characters_that_kafka_cannot_take_for_an_option():
    ids = {new_cluster_id() for _ in range(200)}

    assert len(ids) == 200
    assert all(len(each) == 22 and not each.startswith("-") for each in ids)


def test_the_brokers_of_a_cluster_know_each_other_and_keep_its_id_for_a_second_try(tmp_path):
    first = KafkaCluster(tmp_path)
    kept = (tmp_path / "cluster.id").read_text()
    again = KafkaCluster(tmp_path)

    assert (tmp_path / "cluster.id").read_text() == kept
    assert len(set(first.bootstrap_servers.split(","))) == 3
    assert first.environment["KAFKA_TOPIC_REPLICATION"] == "3"
    assert {broker.name for broker in again.brokers.values()} == {"kafka-1", "kafka-2", "kafka-3"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("127.0.0.1:9092", "127.0.0.1:9092"),
        ('required username="a b";', 'required username="a b";'),
        ("C:\\new", r"C:\u005cnew"),
        ("ü注😀", r"\u00fc\u6ce8\ud83d\ude00"),
        ("a\nb=c\t", r"a\u000ab=c\u0009"),
        (" a", r"\ a"),
        ("#a!", "#a!"),
    ],
)
def test_a_value_is_written_as_java_reads_it(tmp_path, value, written):
    write_properties(tmp_path / "properties", {"name": value})

    assert (tmp_path / "properties").read_bytes() == f"name={written}\n".encode("ascii")
