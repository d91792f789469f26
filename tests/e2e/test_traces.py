"""Traces of real processes, sent over real sockets to a collector in the test: all tests here share the processes."""

import re
from uuid import uuid4

import pytest

from tests.collector import Collector, Span, collector
from tests.e2e.system import SERVICES, System
from tests.waiting import wait_until

CLIENT_SPAN = "00f067aa0ba902b7"
WAY = [
    "POST /orders",
    "publish order.placed.v1",
    "inventory process order.placed.v1",
    "publish stock.reserved.v1",
    "orders process stock.reserved.v1",
    "publish order.confirmed.v1",
    "invoicing process order.confirmed.v1",
    "publish invoice.issued.v1",
    "orders process invoice.issued.v1",
]


@pytest.fixture(scope="module")
def collected(_system):
    """The collector, with the system's processes started anew: they send their spans to it."""
    with collector() as found:
        _system.stop()
        _system.start(
            *SERVICES,
            OTEL_EXPORTER_OTLP_ENDPOINT=found.url,
            OTEL_EXPORTER_OTLP_HEADERS="x-account=secret%20key",
            OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
            OTEL_SERVICE_NAME="shop",
            OTEL_BSP_SCHEDULE_DELAY="200",
        )
        _system.settle(*SERVICES)
        yield found
        _system.stop()  # the fixture `system` of the next file starts them without


@pytest.fixture
def traced(_system, collected) -> System:
    return _system


def new_trace_id() -> str:
    return uuid4().hex


def place(traced: System, trace_id: str) -> str:
    """Place an order in a client's trace; its id."""
    answer = traced.place(headers={"traceparent": f"00-{trace_id}-{CLIENT_SPAN}-01"})
    assert answer.status == 201
    return str(answer.json()["id"])


def invoiced_trace(traced: System, collected: Collector, order_id: str, trace_id: str) -> list[Span]:
    """The spans of an order's trace and of the batches that are linked with it, once all of them have come."""
    traced.invoiced(order_id)
    wait_until(
        lambda: {span.name for span in collected.trace(trace_id)} >= {*WAY, "store orders"}, what="its spans came"
    )
    spans = collected.trace(trace_id)
    batches = {trace for span in spans for trace, _ in span.links}
    wait_until(
        lambda: all(any(span.is_batch for span in collected.trace(batch)) for batch in batches),
        what="its batches have come",
    )
    return spans


def statements_of(collected: Collector, trace_id: str) -> list[Span]:
    return [span for span in collected.trace(trace_id) if "db.query.text" in span.attributes]


def test_one_order_is_one_trace_up_to_its_invoice(traced, collected):
    trace_id = new_trace_id()
    order_id = place(traced, trace_id)

    spans = invoiced_trace(traced, collected, order_id, trace_id)

    by_id = {span.span_id: span for span in spans}
    (span,) = (span for span in spans if span.name == WAY[-1])
    way = [span.name]
    while span.parent_id in by_id:
        span = by_id[span.parent_id]
        way.append(span.name)
    assert way[::-1] == WAY
    assert span.parent_id == CLIENT_SPAN
    assert span.attributes["http.response.status_code"] == 201
    assert span.attributes["orderflow.order_id"] == order_id
    assert span.resource["service.name"] == "shop"
    assert {header["x-account"] for header in collected.headers} == {"secret key"}


def test_batches_are_traces_of_their_own_linked_both_ways(traced, collected):
    trace_id = new_trace_id()
    spans = invoiced_trace(traced, collected, place(traced, trace_id), trace_id)

    parts = [span for span in spans if re.search("process|publish|store", span.name)]
    assert {span.name for span in parts} >= {"store orders", "publish order.placed.v1"}
    for part in parts:
        ((batch_trace, batch_span),) = part.links
        (batch,) = (span for span in collected.trace(batch_trace) if span.span_id == batch_span)
        assert batch.name == re.sub(r" \S+\.v1$", "", part.name) + " batch"
        assert batch.trace_id != trace_id
        assert (trace_id, part.span_id) in batch.links


def test_the_statements_of_the_orm_and_our_own_are_spans_without_their_values(traced, collected):
    trace_id = new_trace_id()
    order_id = place(traced, trace_id)
    spans = invoiced_trace(traced, collected, order_id, trace_id)
    (stored,) = (span for span in spans if span.name == "store orders")
    reading = new_trace_id()
    traced.request("GET", f"/orders/{order_id}", headers={"traceparent": f"00-{reading}-{CLIENT_SPAN}-01"})

    (statement,) = statements_of(collected, stored.links[0][0])
    assert statement.parent_id == stored.links[0][1]
    assert "INSERT INTO" in statement.attributes["db.query.text"]
    assert "%(claims)s" in statement.attributes["db.query.text"]
    wait_until(
        lambda: any(
            'FROM "orders_order"' in each.attributes["db.query.text"] for each in statements_of(collected, reading)
        )
    )
    sent = b"".join(collected.bodies)
    assert b"TEST-BAG" not in sent
    assert b"by a test" not in sent


def test_logs_and_the_orders_events_name_the_trace(traced, collected):
    trace_id = new_trace_id()
    order_id = place(traced, trace_id)
    invoiced_trace(traced, collected, order_id, trace_id)

    (line,) = (
        line
        for line in traced.events("web", "request")
        if line.get("order_id") == order_id and line["method"] == "POST"
    )
    assert line["trace_id"] == trace_id
    assert any(trace_id in line.get("trace_ids", ()) for line in traced.events("inventory", "events_handled"))
    assert traced.get(f"/orders/{order_id}/events").json()[0]["trace_id"] == trace_id
    assert f"trace id {trace_id}\n" in traced.manage("where", order_id).stdout


def test_no_span_has_a_token_a_query_a_header_or_a_body(traced, collected):
    """vercube/vercube#1169, soulteary/stargate#74, traefik/traefik#10839, elysiajs/opentelemetry#74: queries and
    headers were recorded as they came, with what they say of people and log-ins."""
    before = len(collected.bodies)
    traced.request(
        "GET", "/orders?reference=Jane-Very-Private", headers={"Cookie": "sessionid=very-secret", "baggage": "a=b"}
    )
    traced.request("POST", "/orders", json={"customer_id": "Jane Very Private", "lines": []})
    wait_until(
        lambda: any(
            span.name == "POST /orders" and span.attributes["http.response.status_code"] == 422
            for span in collected.spans
        )
    )

    sent = b"".join(collected.bodies[before:])
    assert b"GET /orders" in sent
    for secret in (b"Private", b"very-secret", traced.token.encode(), b"baggage"):
        assert secret not in sent


@pytest.mark.parametrize(
    "given",
    [
        "nonsense",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        f"00-{'a' * 32}-{'b' * 16}-01-and-more",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        "00-" * 2000,
    ],
)
def test_a_malformed_trace_context_begins_a_trace(traced, collected, given):
    """open-telemetry/opentelemetry-java#895, #1675: it crashed, or was taken for another one."""
    request_id = uuid4().hex
    answer = traced.place(headers={"traceparent": given, "X-Request-ID": request_id})

    assert answer.status == 201
    found = wait_until(lambda: collected.named("POST /orders", **{"orderflow.request_id": request_id}))
    (span,) = found  # once: opentelemetry-python-contrib made two
    assert span.parent_id == ""
    assert span.trace_id not in given


def test_requests_of_one_connection_do_not_share_a_trace(traced, collected):
    """open-telemetry/opentelemetry-python-contrib#3937, ray-project/ray#64769: a context that was attached and never
    detached became the parent of whatever its thread did next."""
    ids = [uuid4().hex for _ in range(30)]
    for request_id in ids:
        traced.request("GET", "/products", headers={"X-Request-ID": request_id})

    def spans() -> list[Span]:
        return [span for span in list(collected.spans) if span.attributes.get("orderflow.request_id") in ids]

    wait_until(lambda: len(spans()) == 30)
    assert len({span.trace_id for span in spans()}) == 30
    assert {span.parent_id for span in spans()} == {""}


def test_what_nobody_asked_for_is_no_trace(traced, collected):
    """open-telemetry/opentelemetry-python-contrib#1674: a consumer made a span for each of its polls."""
    request_id = uuid4().hex
    traced.request("GET", "/health/ready")
    traced.request("GET", "/products", headers={"X-Request-ID": request_id})
    wait_until(lambda: collected.named("GET /products", **{"orderflow.request_id": request_id}))

    roots = {span.name for span in list(collected.spans) if not span.parent_id and not span.is_batch}
    assert all(name.partition(" ")[0] in ("GET", "POST") for name in roots), roots
    assert not [name for name in roots if "health" in name]


def test_a_collector_that_hangs_costs_nothing_but_its_spans(traced, collected):
    """open-telemetry/opentelemetry-python#2024, #3309, #4043, #2284: a collector that was away held up requests, and
    processes did not end. The last test: it ends the processes."""
    collected.answering.clear()
    try:
        orders = [place(traced, new_trace_id()) for _ in range(10)]
        assert all(traced.invoiced(order_id) for order_id in orders)

        assert traced.stop() == dict.fromkeys(SERVICES, 0)
    finally:
        collected.answering.set()
