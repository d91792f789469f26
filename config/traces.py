"""Where spans go, by the names that OpenTelemetry gives its settings. Without an endpoint there are no traces."""

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from common.tracing import TraceSettings
from config import validators
from config.environment import Environment

_SAMPLERS = ("always_on", "always_off", "traceidratio")
SAMPLERS = (*_SAMPLERS, *(f"parentbased_{name}" for name in _SAMPLERS))
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_RATIO = re.compile(r"0(\.[0-9]+)?|1(\.0+)?|\.[0-9]+")


def traces(env: Environment) -> TraceSettings | None:
    """The settings of traces; None where no spans are wanted. What is set is checked all the same."""
    base = env.parsed("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "", secret=True)
    own = env.parsed("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint, "", secret=True)
    env.choice("OTEL_EXPORTER_OTLP_PROTOCOL", ("http/protobuf",), default="http/protobuf")
    found = TraceSettings(
        endpoint=own or f"{base.rstrip('/')}/v1/traces",
        headers=env.parsed("OTEL_EXPORTER_OTLP_HEADERS", headers, {}, secret=True),
        certificate=env.string("OTEL_EXPORTER_OTLP_CERTIFICATE", check=validators.readable_file),
        compression=env.choice("OTEL_EXPORTER_OTLP_COMPRESSION", ("none", "gzip", "deflate"), default="none"),
        interval_ms=env.number("OTEL_BSP_SCHEDULE_DELAY", 5000, least=10, most=60_000),
        service_name=env.string("OTEL_SERVICE_NAME", "orderflow"),
        sampler=env.choice("OTEL_TRACES_SAMPLER", SAMPLERS, default="parentbased_always_on"),
        ratio=env.parsed("OTEL_TRACES_SAMPLER_ARG", ratio, 1.0),
    )
    is_disabled = env.flag("OTEL_SDK_DISABLED")
    exporter = env.choice("OTEL_TRACES_EXPORTER", ("otlp", "none"), default="otlp")
    return found if (base or own) and exporter == "otlp" and not is_disabled else None


def endpoint(value: str) -> str:
    """The URL of a collector. It may have a password in it, so that no error repeats it."""
    problem = "must be the URL of a collector that takes OTLP over HTTP, such as http://collector:4318"
    try:
        parts = urlsplit(validators.text(value))
        is_url = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # of the port
        raise ValueError(problem) from None
    if not is_url or parts.query or parts.fragment:
        raise ValueError(problem)
    return value


def headers(value: str) -> Mapping[str, str]:
    """Names and values as in OTEL_EXPORTER_OTLP_HEADERS: name=value,name=value, percent-encoded."""
    result = {}
    for item in filter(None, (item.strip() for item in value.split(","))):
        name, equals, text = (part.strip() for part in item.partition("="))
        text = unquote(text)
        if not equals or not _HEADER_NAME.fullmatch(name) or not (text.isascii() and text.isprintable()):
            raise ValueError("must be headers such as name=value,name=value, with values percent-encoded")
        result[name.lower()] = text
    return result


def ratio(value: str) -> float:
    """The share of traces that are recorded."""
    if not _RATIO.fullmatch(value):
        raise ValueError("must be a number from 0 to 1, such as 0.01")
    return float(value)
