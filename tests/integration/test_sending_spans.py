"""What becomes of spans that can't be sent, or come too fast; and of those of forked processes. No servers needed."""

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import REGISTRY

from common import tracing
from common.telemetry import export
from common.telemetry.start import start
from common.tracing import TraceSettings
from tests.collector import collector
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
SETTINGS = TraceSettings(endpoint="http://127.0.0.1:9/v1/traces")


class Exporter(SpanExporter):
    """Fails, and hangs while `going` is clear."""

    def __init__(self, result: SpanExportResult | Exception = SpanExportResult.SUCCESS) -> None:
        self.result = result
        self.going = threading.Event()
        self.going.set()
        self.entered = threading.Event()

    def export(self, spans) -> SpanExportResult:
        self.entered.set()
        self.going.wait(30)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def shutdown(self) -> None:
        self.going.set()


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def make_spans(tracer: tracing.Tracer, number: int) -> None:
    for _ in range(number):
        with tracer.request("GET", "") as span:
            span.end(status=200, route="", attributes={})


@pytest.mark.parametrize("result", [SpanExportResult.FAILURE, RuntimeError("a bug")])
def test_spans_that_can_not_be_sent_are_dropped_and_counted(result):
    before = counted("orderflow_spans_dropped_total", reason="export_failed")
    tracer = start(SETTINGS, Exporter(result))

    make_spans(tracer, 7)
    tracer.stop(timeout=5)

    assert counted("orderflow_spans_dropped_total", reason="export_failed") == before + 7


def test_the_queue_is_bounded_and_what_does_not_fit_is_counted(monkeypatch):
    """open-telemetry/opentelemetry-python#2024: with the collector away, memory grew or requests waited."""
    monkeypatch.setattr(export, "QUEUE_SIZE", 600)
    before = counted("orderflow_spans_dropped_total", reason="queue_full")
    sent = counted("orderflow_spans_exported_total")
    exporter = Exporter()
    exporter.going.clear()
    tracer = start(SETTINGS, exporter)
    make_spans(tracer, export.BATCH_SIZE)
    assert exporter.entered.wait(10)  # it has these, and hangs

    make_spans(tracer, 700)

    assert counted("orderflow_spans_dropped_total", reason="queue_full") == before + 100
    exporter.going.set()
    tracer.stop(timeout=5)
    assert counted("orderflow_spans_exported_total") == sent + export.BATCH_SIZE + 600


def test_a_collector_that_is_away_is_waited_for_no_longer_than_asked():
    """open-telemetry/opentelemetry-python#3309, #4043, #2284: a shutdown took a minute, or never ended."""
    tracer = start(SETTINGS)
    make_spans(tracer, 3)

    stopping = threading.Thread(target=lambda: tracer.stop(timeout=0.2), daemon=True)
    stopping.start()
    stopping.join(4)

    assert not stopping.is_alive()


def much() -> Iterator[bytes]:
    return repeat(bytes(65536))


def little_by_little() -> Iterator[bytes]:
    pause = threading.Event()
    while not pause.wait(0.02):
        yield b"x"


@pytest.mark.parametrize("body", [much, little_by_little])
def test_a_response_without_an_end_is_read_for_as_long_and_as_far_as_it_may_be(body, monkeypatch):
    """What is at the collector's address may be anything. All of it was read, and no span was sent any more."""
    monkeypatch.setattr(export, "TIMEOUT", 0.3)
    before = counted("orderflow_spans_exported_total")
    with collector(body) as found:
        tracer = start(replace(SETTINGS, endpoint=found.url, interval_ms=50))
        for sent in (3, 6):
            make_spans(tracer, 3)
            wait_until(lambda sent=sent: counted("orderflow_spans_exported_total") == before + sent, within=10)
        tracer.stop(timeout=5)

    assert len(found.spans) == 6


def run(code: str, **settings: str) -> str:
    environment = {
        "SECRET_KEY": "none",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "PATH": os.environ["PATH"],
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


LOADED = """
    import sys
    import config.asgi
    from django.conf import settings
    print([name for name in sys.modules if name.startswith(("opentelemetry", "common.telemetry", "google.protobuf"))])
    print([name for name in settings.MIDDLEWARE if "trac" in name])
"""


@pytest.mark.parametrize("given", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}])
def test_without_traces_a_web_process_loads_nothing_of_them(given):
    assert run(LOADED, **given).splitlines() == ["[]", "[]"]


def test_a_forked_process_sends_spans_of_its_own():
    """open-telemetry/opentelemetry-python#4215, #3307, #1567: a child's spans were lost, or went out by its parent's
    connection, and a lock that was held at the time of the fork was held for ever."""
    code = """
        import os, sys
        import django
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        from common import tracing

        def make_span():
            with tracing.tracer().request("GET", "") as span:
                span.end(status=200, route="", attributes={"pid": str(os.getpid())})

        tracing.start()
        make_span()
        for _ in range(3):
            pid = os.fork()
            if not pid:
                make_span()
                tracing.stop(timeout=5)
                os._exit(0)
            print(pid, flush=True)
            assert os.waitpid(pid, 0)[1] == 0
        make_span()
        tracing.stop(timeout=5)
        print(os.getpid())
    """
    with collector() as found:
        pids = [line for line in run(code, OTEL_EXPORTER_OTLP_ENDPOINT=found.url).splitlines() if line.isdecimal()]

    *children, parent = pids
    assert sorted(span.attributes["pid"] for span in found.spans) == sorted([*children, parent, parent])
    assert {span.attributes["pid"] for span in found.spans} == {
        str(span.resource["process.pid"]) for span in found.spans
    }
