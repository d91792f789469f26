"""What the relay tells Prometheus of the pipeline, and where."""

import socket
import urllib.request
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from prometheus_client import CollectorRegistry, generate_latest

from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.lag import ConsumerLag
from operations.exceptions import MetricsAddressTaken
from operations.monitoring import collector
from operations.monitoring.collector import PipelineCollector
from operations.monitoring.server import metrics_server

LAGS = [
    ConsumerLag("inventory", "orders", 12, 3.5, 0),
    ConsumerLag("orders", "inventory", 0, 0.0, 2),
    ConsumerLag("orders", "invoicing", 4, 0.0, 2, 9),
]


def scrape(read_lags) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(PipelineCollector(read_lags))
    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]
    return {name.removeprefix("orderflow_"): float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def away():
    raise TransportUnavailable("nothing listens there")


@pytest.fixture
def without_database(monkeypatch) -> None:
    def fails():
        raise OperationalError("no connection")
        yield

    monkeypatch.setattr(collector, "_database", fails)


# seglo/kafka-lag-exporter#36, danielqsj/kafka_exporter#226: no lag of a group that nobody is in.
def test_lag_is_told_of_consumers_that_nobody_runs(without_database):
    told = scrape(lambda: LAGS)

    assert told['consumer_lag_events{consumer="inventory",topic="orders"}'] == 12
    assert told['consumer_lag_seconds{consumer="inventory",topic="orders"}'] == 3.5
    assert told['consumer_members{consumer="inventory"}'] == 0
    assert told['consumer_members{consumer="orders"}'] == 2
    assert told['consumer_lost_events{consumer="orders",topic="invoicing"}'] == 9


def test_an_age_that_kafka_does_not_tell_is_not_told_as_0(without_database):
    told = scrape(lambda: LAGS)

    assert told['consumer_lag_seconds{consumer="orders",topic="inventory"}'] == 0
    assert 'consumer_lag_seconds{consumer="orders",topic="invoicing"}' not in told


# oliver006/redis_exporter#695, danielqsj/kafka_exporter#279: an exporter that fails with what it looks at.
def test_what_does_not_answer_is_named_and_the_rest_is_told(without_database, monkeypatch):
    assert scrape(away) == {'dependency_up{dependency="kafka"}': 0, 'dependency_up{dependency="postgresql"}': 0}
    assert scrape(lambda: LAGS)['dependency_up{dependency="kafka"}'] == 1


# seglo/kafka-lag-exporter#244: series of those who are gone.
def test_nothing_is_told_that_was_true_before(without_database):
    said = list(LAGS)
    first = scrape(lambda: said)
    said.pop(0)

    assert scrape(lambda: said).keys() == {
        name for name in first if 'inventory",topic' not in name and name != 'consumer_members{consumer="inventory"}'
    }


@pytest.fixture
def port(settings) -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        settings.METRICS_PORT = probe.getsockname()[1]
    return settings.METRICS_PORT


def read(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def test_a_process_has_its_metrics_at_its_port_while_it_runs(port, without_database):
    with metrics_server():
        own = read(port)
    with metrics_server(PipelineCollector(lambda: LAGS)):
        with_pipeline = read(port)

    assert "process_resident_memory_bytes" in own
    assert "orderflow_publishing_failures_total" in own
    assert "orderflow_consumer_lag_seconds" not in own
    assert "orderflow_publishing_failures_total" in with_pipeline
    assert "orderflow_consumer_lag_seconds" in with_pipeline
    with pytest.raises(OSError, match="refused"):
        read(port)


def test_without_a_port_nothing_listens(settings):
    settings.METRICS_PORT, settings.METRICS_HOST = 0, "nowhere.invalid"

    with metrics_server():
        pass


# prometheus/client_python#667, AlmaLinux/build-system#540, temporalio/temporal#673: a second process of a machine.
@pytest.mark.parametrize("command", [["consume_orders", "orders"], ["relay_outbox"], ["prune", "--daily"]])
def test_a_port_that_is_taken_ends_a_process_at_its_start_with_the_setting_s_name(port, command):
    with closing(socket.create_server(("127.0.0.1", port))), pytest.raises(CommandError) as said:
        call_command(*command)

    assert str(said.value) == (
        f"METRICS_PORT and METRICS_HOST: nothing can listen at 127.0.0.1, port {port}: Address already in use; "
        "each process of a machine needs a port of its own"
    )


def test_an_address_that_is_not_this_machine_s_is_named(port, settings):
    settings.METRICS_HOST = "192.0.2.1"

    with pytest.raises(MetricsAddressTaken, match=f"nothing can listen at 192.0.2.1, port {port}: "), metrics_server():
        pass
