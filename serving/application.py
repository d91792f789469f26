"""The ASGI application: what uvicorn calls for each request."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from django.http import HttpResponseBase

from api.deferred import DeferredResponse
from serving import request_head
from serving.admission import AdmissionQueue
from serving.connections import ConnectionTable
from serving.django_calls import Caller, Environ
from serving.exceptions import BodyTooLarge, Overloaded, Rejected
from serving.loop_turns import LoopTurns
from serving.outcomes import OutcomeWaiter
from serving.protocol import CONNECTIONS, EXPECT, IS_FULL, REJECTIONS, SHEDDER
from serving.rejections import RejectionLog, rejection
from serving.request_body import BodyReader, Receive
from serving.request_head import Scope
from serving.response_sender import Send, UnsentResponses, send_response, send_whole
from serving.shedding import Shedder
from serving.wsgi_environ import environ_of

HOUSEKEEPING_INTERVAL = 1.0  # seconds
TURNS = 4  # requests that are served in one iteration of the event loop
_ROUTE = "route"  # in the state of an expected request: its Route
LINGER_SECONDS, LINGER_BYTES = 10.0, 64 * 1024 * 1024  # limits of reading the rest of a rejected body


@dataclass(frozen=True, slots=True)
class Route:
    """How requests of a kind are served.

    Attributes:
        admission: their queue and limits.
        caller: calls Django for them, in its threads.
        in_loop: whether Django is called in the event loop first, and in a thread only where it would block.
    """

    admission: AdmissionQueue
    caller: Caller
    in_loop: bool = False


class Application:
    """The ASGI application: it calls Django for admitted requests, and rejects the others.

    Args:
        route_of: the route of a request, by its method and its path.
        ignores_body: whether the response to a request, by its environ, needs no body; called in a thread.
        at_exit: called after the last response.
    """

    def __init__(
        self,
        *,
        route_of: Callable[[Scope], Route],
        bodies: BodyReader,
        connections: ConnectionTable,
        callers: Iterable[Caller],
        ignores_body: Callable[[Environ], bool] = lambda _environ: False,
        at_exit: Iterable[Callable[[], None]] = (),
    ) -> None:
        self._route_of = route_of
        self._bodies = bodies
        self._connections = connections
        self._rejections = RejectionLog()
        self._unsent = UnsentResponses()
        self._callers = tuple(callers)
        self._ignores_body = ignores_body
        self._at_exit = tuple(at_exit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._run_lifespan(scope, receive, send)
            return
        route = self._arrived(scope)
        try:
            request_head.check(scope)
            await self._serve(route, scope, receive, send)
        except Rejected as error:
            await self._reject(error, scope, receive, send)

    async def _serve(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        if route.admission.is_full:
            raise Overloaded
        length = _announced_length(scope)
        self._bodies.check(length)
        in_vain = (
            length != 0 and request_head.expects_continue(scope["headers"]) and await self._is_in_vain(route, scope)
        )
        body = b"" if in_vain else await self._bodies.read(receive, length)
        try:
            await route.admission.enter()
            with ExitStack() as place:
                place.callback(route.admission.leave)
                response = await self._respond(route, scope, body)
                if in_vain:
                    response.headers["Connection"] = "close"  # the client may send the body or not
                with self._unsent.hold(response) as is_held:
                    if is_held:
                        place.close()  # clients that do not read would otherwise hold all places
                    await send_response(response, send, route.caller, receive)
        finally:
            self._bodies.release(body)

    async def _is_in_vain(self, route: Route, scope: Scope) -> bool:
        """Whether no response depends on the body of a request, as of nobody's no address takes any."""
        await route.admission.enter()
        try:
            return await route.caller.run(self._ignores_body, environ_of(scope, b""))
        finally:
            route.admission.leave()

    async def _respond(self, route: Route, scope: Scope, body: bytes) -> HttpResponseBase:
        response = None
        if route.in_loop:
            await self._turns.take()
            response = route.caller.in_loop(environ_of(scope, body))
        if response is None:
            response = await route.caller.in_thread(environ_of(scope, body))
        return await self._settle(response, route) if isinstance(response, DeferredResponse) else response

    async def _settle(self, deferred: DeferredResponse, route: Route) -> HttpResponseBase:
        await self._outcomes.wait(deferred.outcome, deferred.timeout)
        response: HttpResponseBase | None = deferred.settle_at_once()
        if response is None:
            response = await route.caller.run(deferred.settle, 0)
            if response is not deferred:
                deferred.close()  # it has the request, which lets go of its body then
        return response

    async def _reject(self, error: Rejected, scope: Scope, receive: Receive, send: Send) -> None:
        self._rejections.note(error)
        status, headers, body = rejection(error, scope["headers"])
        expects_continue = request_head.expects_continue(scope["headers"])
        if expects_continue and (b"connection", b"close") not in headers:
            headers.append((b"connection", b"close"))  # the client may send the body or not
        if isinstance(error, BodyTooLarge) and not expects_continue:
            await _send_and_linger(send, receive, status, headers, body)
        else:
            await send_whole(send, status, headers, body)

    async def _run_lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's lifespan: set-up at start, and clean-up at shutdown."""
        await receive()
        loop = asyncio.get_running_loop()
        self._outcomes = OutcomeWaiter(loop)
        self._turns = LoopTurns(loop, per_iteration=TURNS)
        scope["state"] |= {
            CONNECTIONS: self._connections,
            REJECTIONS: self._rejections,
            IS_FULL: self._is_full,
            EXPECT: self._expect,
            SHEDDER: Shedder(self._is_full),
        }
        housekeeping = loop.create_task(self._run_housekeeping())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        housekeeping.cancel()
        for stop in (*(caller.stop for caller in self._callers), *self._at_exit):
            await loop.run_in_executor(None, stop)
        await send({"type": "lifespan.shutdown.complete"})

    def _expect(self, scope: Scope) -> None:
        """Reserve a place for a request whose task is about to start."""
        route = scope["state"][_ROUTE] = self._route_of(scope)
        route.admission.expect()

    def _arrived(self, scope: Scope) -> Route:
        """The route of a request whose task has started, which ends its reservation."""
        route: Route | None = scope.get("state", {}).pop(_ROUTE, None)
        if route is None:
            return self._route_of(scope)
        route.admission.arrived()
        return route

    def _is_full(self, scope: Scope) -> bool:
        return self._route_of(scope).admission.is_full

    async def _run_housekeeping(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_INTERVAL)
            self._connections.close_slow(asyncio.get_running_loop().time())
            self._rejections.report()


def _announced_length(scope: Scope) -> int | None:
    """Bytes of the body by its Content-Length, which the server has checked; None if it is chunked."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)
        if name == b"transfer-encoding":
            return None
    return 0


async def _send_and_linger(
    send: Send, receive: Receive, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Send a response to a client that still sends its body, and go on reading for a while.

    Clients that read only after sending would otherwise see a reset connection, and no response (RFC 9112, 9.6).
    """
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    left = LINGER_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    break
    await send({"type": "http.response.body", "body": b""})
