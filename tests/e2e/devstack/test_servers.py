"""The PostgreSQL and Kafka servers of tests and benchmarks, across crashes."""

import signal
import socket

import psutil
import psycopg2
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from devstack.errors import DevstackError
from devstack.kafka.broker import Kafka
from devstack.ports import LOOPBACK
from devstack.postgres.server import Postgres
from tests.sql import execute
from tests.waiting import wait_until


@pytest.fixture
def postgres(tmp_path):
    with Postgres(tmp_path / "postgresql") as postgres:
        yield postgres


@pytest.fixture(scope="module")
def _kafka(tmp_path_factory):
    with Kafka(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture
def kafka(_kafka):
    if not _kafka.is_running:
        restart(_kafka)
    return _kafka


def restart(server):
    server.start()
    server.wait_ready()


def test_what_was_committed_is_there_after_a_kill(postgres):
    execute(postgres.admin_url, "CREATE TABLE kept AS SELECT 1 AS n")

    postgres.kill()
    restart(postgres)

    assert execute(postgres.admin_url, "SELECT n FROM kept") == [(1,)]


def test_a_real_server_waits_for_the_disk(postgres):
    assert execute(postgres.admin_url, "SELECT current_setting('fsync'), current_setting('synchronous_commit')") == [
        ("on", "on")
    ]


def test_nobody_logs_in_without_the_password(postgres):
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(postgres.url.replace(postgres.password(), "guess"))


def test_a_main_process_that_was_killed_alone_is_replaced(postgres):
    execute(postgres.admin_url, "CREATE TABLE kept AS SELECT 1 AS n")
    psutil.Process(postgres.process.pid).kill()
    wait_until(lambda: not postgres.is_running)
    postgres.kill()  # what outlived it

    def is_back():
        try:
            restart(postgres)
        except DevstackError:  # its last processes still hold the shared memory
            return False
        return True

    wait_until(is_back)
    assert execute(postgres.admin_url, "SELECT n FROM kept") == [(1,)]


def test_another_object_on_the_same_folder_takes_over_from_a_server_left_behind(tmp_path, postgres):
    execute(postgres.admin_url, "CREATE TABLE kept AS SELECT 1 AS n")

    with Postgres(tmp_path / "postgresql") as successor:
        assert execute(successor.admin_url, "SELECT n FROM kept") == [(1,)]


def test_a_frozen_server_answers_when_it_goes_on(postgres):
    postgres.pause()
    assert not postgres.is_ready()

    postgres.resume()

    assert execute(postgres.admin_url, "SELECT 1") == [(1,)]


def test_a_record_that_was_acknowledged_is_there_after_a_kill(kafka):
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    admin.create_topics([NewTopic("kept", 1, 1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")
    producer.send("kept", b"message").get(20)
    producer.close(5)

    kafka.kill()
    restart(kafka)

    consumer = KafkaConsumer("kept", bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")
    try:
        assert next(consumer).value == b"message"
    finally:
        consumer.close()


def test_another_program_on_its_port_is_not_taken_for_kafka(tmp_path):
    """Of the kind of sonichi/sutando#1658."""
    with socket.create_server((LOOPBACK, 0)) as other:
        kafka = Kafka(tmp_path / "kafka", port=other.getsockname()[1])
        try:
            kafka.start()
            with pytest.raises(DevstackError, match=f"kafka ended: port {kafka.port} on {LOOPBACK} is in use"):
                kafka.wait_ready()
        finally:
            kafka.kill()


def test_kafka_stops_in_order(kafka):
    kafka.stop()

    assert kafka.exit_status == 128 + signal.SIGTERM  # Java's own way out, not a SIGKILL
