"""Responses that are made before the write that they confirm, and sent once it is done, without a waiting thread.

A view returns a DeferredResponse, and middleware handles it like any other response. The server waits for the outcome
in its event loop. Under a plain WSGI server, DeferredResponseMiddleware waits instead.
"""

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as OutcomeTimeout
from contextvars import Context, copy_context
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from api.problems import response_to

log = structlog.get_logger(__name__)

SERVER_WAITS = "orderflow.server_waits"  # in a request's environ: its server waits for deferred responses

_OF_THE_BODY = frozenset({"content-length", "content-type", "location"})
Callback = Callable[[HttpResponseBase], None]


class DeferredResponse(HttpResponse):
    """A response that is sent if the result of `outcome` is as expected; otherwise another one replaces it.

    Args:
        content: the body for the expected outcome.
        outcome: the future of the write.
        timeout: seconds to wait for it.
        is_expected: whether a result of `outcome` is the expected one. Does not block.
        otherwise: called if it is not, or after an error or the timeout; returns the response to send instead, or None
            to send this one after all. May block, and raise.
        request_id: for the problem that is sent if `otherwise` raises.
    """

    def __init__(
        self,
        content: bytes,
        *,
        outcome: "Future[Any]",
        timeout: float,
        is_expected: Callable[[Any], bool],
        otherwise: Callable[[], HttpResponseBase | None],
        request_id: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(content, **kwargs)
        self.log_fields: dict[str, str] = {}  # for the request's line in the log
        self.outcome = outcome
        self.timeout = timeout
        self._is_expected = is_expected
        self._otherwise = otherwise
        self._request_id = request_id
        self._callbacks: list[tuple[Context, Callback]] = []

    def add_post_settle_callback(self, callback: Callback) -> None:
        """Call `callback` with the response that is sent, in a copy of the current context."""
        self._callbacks.append((copy_context(), callback))

    def settle_at_once(self) -> HttpResponse | None:
        """This response, if the outcome is known and as expected; None if `settle` has to be called. Does not block."""
        if not self.outcome.done() or self.outcome.cancelled() or self.outcome.exception() is not None:
            return None
        if not self._is_expected(self.outcome.result()):
            return None
        self._call_back(self)
        return self

    def settle(self, timeout: float | None = None) -> HttpResponseBase:
        """Wait for the outcome; returns the response to send.

        Args:
            timeout: seconds to wait, by default this response's own.
        """
        try:
            self.outcome.result(self.timeout if timeout is None else timeout)
        except OutcomeTimeout:
            log.debug("outcome_not_in_time")
        except Exception:  # noqa: BLE001 - `otherwise` looks at it
            log.debug("outcome_failed")
        return self.settle_at_once() or self._replaced()

    def _replaced(self) -> HttpResponseBase:
        try:
            response = self._otherwise() or self
        except Exception as error:  # noqa: BLE001 - every error of a request becomes a response
            response = response_to(error, self._request_id)
        for name, value in self.items():
            if name.lower() not in _OF_THE_BODY:
                response.headers.setdefault(name, value)
        response.cookies.update(self.cookies)
        self._call_back(response)
        return response

    def _call_back(self, response: HttpResponseBase) -> None:
        callbacks, self._callbacks = self._callbacks, []  # they may refer to this response: no reference cycle is left
        for context, callback in callbacks:
            context.run(callback, response)


class DeferredResponseMiddleware:
    """Waits for the outcome of deferred responses where the server does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if isinstance(response, DeferredResponse) and SERVER_WAITS not in request.META:
            return response.settle()
        return response
