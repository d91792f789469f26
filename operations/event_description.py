"""The description of the events by AsyncAPI 3, made from the structs that the apps publish."""

from collections.abc import Iterator, Mapping
from inspect import cleandoc, getdoc
from types import ModuleType
from typing import Any

import msgspec

from api.openapi.schemas import checked_schema, say_times
from inventory import events as inventory
from invoicing import events as invoicing
from messaging.events import Event
from operations.pipeline import CONSUMERS
from orders import events as orders

VERSION = "3.0.0"
EVENTS_VERSION = "1.0.0"  # docs/api/README.md says when it changes
# Each app lists what it publishes and what it reads in one module: its own are those on its topics.
_TOPICS: Mapping[ModuleType, tuple[str, ...]] = {
    orders: ("orders",),
    inventory: ("inventory", "backorders"),
    invoicing: ("invoicing",),
}
_WORDS = """\
CloudEvents 1.0 in binary mode: attributes are headers, the body is JSON. The key is the order's id, so what is said
of one order stays in order. An event may come more than once, with the same `ce_id`. Ignore fields that are not known:
there may be more in time, each with a default. Names of topics begin with `KAFKA_TOPIC_PREFIX`.
"""
_TEXT = {"type": "string"}


def published() -> dict[str, type[Event]]:
    """Every type of event that an app publishes."""
    return {event.TYPE: event for module in _TOPICS for event in _published_by(module)}


def event_description() -> dict[str, Any]:
    """The AsyncAPI document of all topics."""
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for module in _TOPICS:
        own, components = _described(module)
        messages |= own
        schemas |= components
    return {
        "asyncapi": VERSION,
        "info": {"title": "Orderflow", "version": EVENTS_VERSION, "description": _WORDS},
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic) for topics in _TOPICS.values() for topic in topics},
        "operations": dict(_operations()),
        "components": {"messages": messages, "schemas": schemas},
    }


def _described(module: ModuleType) -> tuple[dict[str, Any], dict[str, Any]]:
    """The messages that an app publishes, by type, and the schemas that these refer to, by names that begin with it."""
    app = module.__name__.partition(".")[0]
    events = list(_published_by(module))
    reference = f"#/components/schemas/{app}.{{name}}"
    own, components = msgspec.json.schema_components(events, schema_hook=checked_schema, ref_template=reference)
    say_times(events, components)
    for schema in components.values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])  # Markdown takes indented lines for code
    messages = {event.TYPE: _message(event, payload) for event, payload in zip(events, own, strict=True)}
    return messages, {f"{app}.{name}": schema for name, schema in components.items()}


def _published_by(module: ModuleType) -> Iterator[type[Event]]:
    for each in vars(module).values():
        if (
            isinstance(each, type)
            and issubclass(each, Event)
            and hasattr(each, "TYPE")
            and each.TOPIC in _TOPICS[module]
        ):
            yield each


def _message(event: type[Event], payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": " ".join((getdoc(event) or "").split()),
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "content-type"],
            "properties": {
                "ce_specversion": {"const": "1.0"},
                "ce_id": {"type": "string", "format": "uuid"},
                "ce_type": {"const": event.TYPE},
                "ce_source": {"const": f"/orderflow/{event.TOPIC}"},
                "ce_subject": _TEXT,
                "ce_time": {"type": "string", "format": "date-time"},
                "content-type": {"const": "application/json"},
                "ce_correlationid": _TEXT,
                "traceparent": _TEXT,
            },
        },
        "payload": payload,
        "bindings": {"kafka": {"key": _TEXT, "bindingVersion": "0.5.0"}},
    }


def _channel(topic: str) -> dict[str, Any]:
    types = [type_ for type_, event in published().items() if topic == event.TOPIC]
    return {"address": topic, "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in types}}


def _operations() -> Iterator[tuple[str, Any]]:
    """Who publishes on each topic, and which consumers read which types of it."""
    events = published()
    for module, topics in _TOPICS.items():
        app = module.__name__.partition(".")[0]
        for topic in topics:
            types = [type_ for type_, event in events.items() if topic == event.TOPIC]
            yield f"{app}.publishes.{topic}", _operation("send", topic, types)
    for name, consumer in CONSUMERS.items():
        for topic in consumer.topics:
            handled = [event.TYPE for event in consumer.handlers if topic == event.TOPIC]
            yield f"{name}.reads.{topic}", _operation("receive", topic, handled)


def _operation(action: str, topic: str, types: list[str]) -> dict[str, Any]:
    channel = f"#/channels/{topic}"
    messages = [{"$ref": f"{channel}/messages/{type_}"} for type_ in types]
    return {"action": action, "channel": {"$ref": channel}, "messages": messages}
