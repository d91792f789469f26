"""A span for each request. Settings have this middleware only where traces are wanted."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from django.http import HttpRequest, HttpResponseBase

from api.deferred import DeferredResponse
from api.openapi.routes import path_of
from api.request_ids import PROBES
from common import tracing
from common.tracing import RequestSpan


class TracedRequestMiddleware:
    """Continues the trace of the client, or begins one. The outermost middleware: to all others it looks as if the
    client had sent the trace context of the request's own span, so it is in the events that the request causes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        tracer = tracing.tracer()
        if tracer is None or request.path.startswith(PROBES):
            return self._get_response(request)
        with tracer.request(request.method or "", request.META.get("HTTP_TRACEPARENT", "")) as span:
            request.META["HTTP_TRACEPARENT"] = span.traceparent
            response = self._get_response(request)
            end = partial(_end, request, span)
            if isinstance(response, DeferredResponse):
                response.add_post_settle_callback(end)
            else:
                end(response)
        return response


_path_of = lru_cache(maxsize=256)(path_of)


def _end(request: HttpRequest, span: RequestSpan, response: HttpResponseBase) -> None:
    match = request.resolver_match
    fields: Mapping[str, object] = getattr(response, "log_fields", {})
    span.end(
        status=response.status_code,
        route=_path_of(match.route) if match else "",
        attributes={
            "orderflow.request_id": getattr(request, "request_id", ""),
            **{f"orderflow.{name}": str(value) for name, value in fields.items()},
        },
    )
