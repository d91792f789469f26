"""Traces of the whole system in one process, with an in-memory broker: what is recorded, and what is not."""

import pytest
from django.db import connection
from django.test import Client

from api.clients import create_client
from inventory.services import set_on_hand
from messaging.models import DeadLetter, OutboxMessage
from messaging.outbox.delivery import publish_pending
from messaging.transport.base import DeliveryFailure
from messaging.transport.traced import TracedProducer
from operations.pipeline import CONSUMERS
from tests.replays import replay
from tests.tracing import PARENT, recorded

TRACE_ID = int("a" * 32, 16)


@pytest.fixture
def traces():
    with recorded() as recorder:
        yield recorder


@pytest.fixture
def place_traced(place):
    """Places an order that came by a request in the trace of PARENT."""

    def placing(**quantities):
        order = place(**quantities)
        OutboxMessage.objects.filter(key=order.pk).update(traceparent=PARENT)
        return order

    return placing


@pytest.fixture
def traced_broker(broker, monkeypatch):
    producer = broker.producer
    monkeypatch.setattr(broker, "producer", lambda: TracedProducer(producer()))
    return broker


@pytest.fixture(autouse=True)
def _requests_are_traced(settings) -> None:
    settings.MIDDLEWARE = ["api.traced_requests.TracedRequestMiddleware", *settings.MIDDLEWARE]


@pytest.fixture
def client_of(db):
    """A function that makes a client of the API."""

    def make(*permissions):
        return Client(headers={"authorization": f"Bearer {create_client(name='shop', permissions=permissions)}"})

    return make


def names(spans, trace_id=TRACE_ID):
    return [span.name for span in spans if span.context.trace_id == trace_id]


def test_events_of_a_batch_continue_their_own_traces(place_traced, place, run_system, traced_broker, traces):
    """open-telemetry/opentelemetry-java-instrumentation#3529, #1890: a batch of several records made traces without a
    parent, or gave all records the trace of one."""
    set_on_hand(levels={"MUG": 5})
    place_traced(MUG=1)
    place(MUG=1)  # by somebody whose trace is not recorded

    run_system()

    processed = traces.named("inventory process order.placed.v1")
    assert [span.context.trace_id for span in processed] == [TRACE_ID]
    (batch,) = traces.named("inventory process batch")
    assert [link.context for link in batch.links] == [processed[0].context]
    assert names(traces.spans())[-1] == "orders process invoice.issued.v1"


def test_a_handler_that_fails_is_an_error_without_its_words(
    place_traced, run_system, traced_broker, traces, mugs_break
):
    place_traced(MUG=1)
    set_on_hand(levels={"MUG": 5})

    with mugs_break():
        run_system()

    failed = traces.named("inventory process order.placed.v1")
    assert {span.status.is_ok for span in failed} == {False}
    assert {span.attributes["error.type"] for span in failed} == {"IntegrityError"}
    assert "mugs break" not in "".join(span.to_json() for span in traces.spans())
    (statement, *_) = [s for s in traces.spans() if s.attributes.get("db.query.text") and not s.status.is_ok]
    assert statement.attributes["error.type"] == "23514"  # check_violation


# opentracing-contrib/java-kafka-client#70: backends know spans of messages by these attributes, and show them as such.
def test_spans_of_messages_say_so_by_the_conventions(place_traced, run_system, traced_broker, traces, settings):
    settings.KAFKA_TOPIC_PREFIX, settings.KAFKA_GROUP_PREFIX = "eu.", "shop-"
    place_traced(MUG=1)
    run_system()

    for published in ("publish order.placed.v1", "publish batch"):
        assert messaging_attributes(traces.named(published)[0]) == {
            "system": "kafka",
            "operation.name": "send",
            "operation.type": "send",
            "destination.name": "eu.orders",
        }
    for processed in ("inventory process order.placed.v1", "inventory process batch"):
        assert messaging_attributes(traces.named(processed)[0]) == {
            "system": "kafka",
            "operation.name": "process",
            "operation.type": "process",
            "destination.name": "eu.orders",
            "consumer.group.name": "shop-inventory",
        }


def messaging_attributes(span) -> dict[str, object]:
    found = {name.partition("messaging.")[2]: value for name, value in span.attributes.items()}
    return {name: value for name, value in found.items() if name}


def test_a_replay_continues_the_trace_of_its_order(place_traced, run_system, traced_broker, traces, mugs_break):
    place_traced(MUG=1)
    set_on_hand(levels={"MUG": 5})
    with mugs_break():
        run_system()

    replay([DeadLetter.objects.get().pk], CONSUMERS)
    run_system()

    assert names(traces.spans())[-1] == "orders process invoice.issued.v1"
    assert [span.context.trace_id for span in traces.named("inventory replay order.placed.v1")] == [TRACE_ID]


def test_a_statement_is_one_span_also_after_a_reconnect(place, traces, client_of):
    """open-telemetry/opentelemetry-python-contrib#1774, #578: none, since its cursors were replaced by others; and
    where instrumentation was put on twice, two for each statement."""
    place(MUG=1)
    connection.close()

    client_of().get("/orders")

    texts = [span.attributes["db.query.text"] for span in traces.spans() if "db.query.text" in span.attributes]
    assert len([text for text in texts if 'FROM "orders_order"' in text]) == 1


def test_events_that_a_request_causes_continue_its_span(client, place, traces):
    order = place(MUG=1)
    OutboxMessage.objects.all().delete()
    client.force_login(order.client)

    client.post(
        f"/orders/{order.pk}/cancel",
        {"reason": "no"},
        content_type="application/json",
        headers={"traceparent": PARENT, "Idempotency-Key": "k"},
    )

    (request,) = traces.named("POST /orders/{id}/cancel")
    (message,) = OutboxMessage.objects.all()
    assert message.traceparent == f"00-{request.context.trace_id:032x}-{request.context.span_id:016x}-01"
    assert request.context.trace_id == TRACE_ID
    assert request.attributes["http.response.status_code"] == 200


def test_a_request_leaves_no_context_behind(client_of, traces):
    """ray-project/ray#64769: a context was attached and never detached."""
    client = client_of()
    client.get("/products")
    client.get("/products")

    first, second = traces.named("GET /products")
    assert first.context.trace_id != second.context.trace_id
    assert traces.tracer.current_ids() is None


def test_a_client_that_does_not_want_its_trace_recorded_is_heeded(client_of, traces):
    client_of().get("/products", headers={"traceparent": PARENT[:-1] + "0"})

    assert traces.spans() == []


@pytest.mark.parametrize(
    ("sampler", "ratio", "parent", "is_recorded"),
    [
        ("parentbased_traceidratio", 0.0, "", False),
        ("parentbased_traceidratio", 0.0, PARENT, True),
        ("parentbased_traceidratio", 1.0, "", True),
        ("traceidratio", 0.0, PARENT, False),
        ("parentbased_always_off", 1.0, "", False),
        ("always_off", 1.0, PARENT, False),
        ("always_on", 0.0, PARENT[:-1] + "0", True),
    ],
)
def test_the_sampler_decides(client_of, sampler, ratio, parent, is_recorded):
    with recorded(sampler=sampler, ratio=ratio) as traces:
        client_of().get("/products", headers={"traceparent": parent})
        assert bool(traces.named("GET /products")) is is_recorded
        assert bool(traces.spans()) is is_recorded


def test_an_order_of_a_trace_that_is_not_recorded_costs_no_span(place, run_system, traced_broker):
    """With parentbased_traceidratio at 1 %, the batches that carry no recorded trace are no spans either."""
    with recorded(sampler="parentbased_traceidratio", ratio=1.0) as traces:
        place(MUG=1)
        assert OutboxMessage.objects.exists()
        run_system()

        assert traces.spans() == []


def test_a_message_that_kafka_does_not_take_is_an_error_of_its_own(place_traced, traced_broker, traces):
    place_traced(MUG=1)
    traced_broker.failing = DeliveryFailure("away", permanent=False)
    publish_pending(traced_broker.producer())
    traced_broker.failing = None
    publish_pending(traced_broker.producer())

    failed, sent = traces.named("publish order.placed.v1")
    assert (failed.status.is_ok, sent.status.is_ok) == (False, True)
    assert failed.attributes["error.type"] == "not_delivered"


def test_many_events_of_one_request_are_one_span_in_each_batch(place_traced, traced_broker, traces):
    """A bulk request has up to 500 orders: its trace stays one that a person can read."""
    for _ in range(3):
        place_traced(MUG=1)
    publish_pending(traced_broker.producer())

    (span,) = traces.named("publish order.placed.v1")
    assert span.attributes["orderflow.count"] == 3
    assert "orderflow.order_id" not in span.attributes
