"""What Granian calls for each request."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from serving.bodies import Bodies
from serving.environ import environ_of
from serving.exceptions import Overloaded, ServingError
from serving.lane import Lane
from serving.metrics import REFUSED
from serving.refusals import refuse
from serving.rsgi import Exchange, Headers, Scope

log = structlog.get_logger(__name__)

WSGIApplication = Callable[[dict[str, Any], Any], Iterable[Any]]

PROBES = ("/health", "/metrics")
TICK = 0.05  # seconds
REPORT_EVERY = 1.0  # seconds
STOP_SECONDS = 3.0


class Application:
    """Lets as many requests through to a WSGI application as it can serve soon, and refuses the others at once.

    Args:
        lane: for requests.
        probes: a lane for those who watch: they are not to take a busy server for a dead one.
        at_end: called when the last request is answered. Granian ends its workers without `atexit`.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        lane: Lane,
        probes: Lane,
        bodies: Bodies,
        at_end: Iterable[Callable[[], None]] = (),
    ) -> None:
        self._application = application
        self._lanes = (lane, probes)
        self._bodies = bodies
        self._at_end = tuple(at_end)
        self._answered: deque[asyncio.Future[None]] = deque()
        self._refused: Counter[str] = Counter()
        self._report_at = 0.0

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        for lane in self._lanes:
            lane.start()
        self._tick(loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        for lane in self._lanes:
            lane.stop(timeout=STOP_SECONDS)
        for end in self._at_end:
            end()

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        lane = self._lanes[scope.path.startswith(PROBES)]
        body = b""
        try:
            _check_room(lane)
            body = await self._read(lane, scope, exchange)
            _check_room(lane)  # a body that is slow to come loses the room that there was for it
            await self._enter(lane, scope, exchange, body)
        except ServingError as refusal:
            self._refuse(scope, exchange, refusal)
        finally:
            self._bodies.release(body)

    async def _read(self, lane: Lane, scope: Scope, exchange: Exchange) -> bytes:
        moment = lane.expect()
        try:
            return await self._bodies.read(exchange, int(scope.headers.get("content-length", "") or 0))
        finally:
            lane.arrived(moment)

    async def _enter(self, lane: Lane, scope: Scope, exchange: Exchange, body: bytes) -> None:
        """Return some time after the request was answered.

        Threads do not wake the event loop for that, since by then nobody waits for it: it looks when it is awake.
        """
        self._note_answered()
        answered = asyncio.get_running_loop().create_future()

        def serve() -> None:
            try:
                self._answer(scope, exchange, body)
            finally:
                self._answered.append(answered)

        def give_up() -> None:
            self._refuse(scope, exchange, Overloaded(Overloaded.__doc__))
            self._answered.append(answered)

        lane.enter(serve, give_up)
        await answered

    def _answer(self, scope: Scope, exchange: Exchange, body: bytes) -> None:
        start = _Start()
        response = self._application(environ_of(scope, body), start)
        try:
            exchange.response_bytes(start.status, start.headers, b"".join(response))
        finally:
            if close := getattr(response, "close", None):
                close()

    def _refuse(self, scope: Scope, exchange: Exchange, refusal: ServingError) -> None:
        self._refused[type(refusal).__name__] += 1
        refuse(scope, exchange, refusal)

    def _note_answered(self) -> None:
        while self._answered:
            answered = self._answered.popleft()
            if not answered.done():  # the server is about to end
                answered.set_result(None)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(TICK, self._tick, loop)
        for lane in self._lanes:
            lane.tick()
        self._note_answered()
        if self._refused and time.monotonic() >= self._report_at:
            self._report()

    def _report(self) -> None:
        """Once a second at most: a line for each refusal would cost more than the refusal."""
        log.warning("requests_refused", **self._refused)
        for reason, number in self._refused.items():
            REFUSED.labels(reason).inc(number)
        self._refused.clear()
        self._report_at = time.monotonic() + REPORT_EVERY


class _Start:
    """WSGI's `start_response`."""

    status = 0
    headers: Headers = []

    def __call__(self, status: str, headers: Headers, exc_info: Any = None) -> None:  # noqa: ARG002
        self.status, self.headers = int(status[:3]), headers


def _check_room(lane: Lane) -> None:
    if lane.is_full:
        raise Overloaded(Overloaded.__doc__)
