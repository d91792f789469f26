"""The HTTP/1.1 protocol of a connection: uvicorn's, with limits, and with problem details for malformed requests."""

import asyncio
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from serving.connections import NEVER, ConnectionTable
from serving.exceptions import (
    BodyIncomplete,
    HeadersTooLarge,
    MalformedRequest,
    Overloaded,
    Rejected,
    TargetTooLong,
    TooManyConnections,
)
from serving.http_1_0 import Http10Cycle
from serving.rejections import RejectionLog, rejection
from serving.request_head import Scope, encode_request_line, split_target
from serving.shedding import Shedder

MAX_TARGET = 8 * 1024  # bytes
MAX_HEAD = 64 * 1024  # bytes; Kubernetes, nginx and Apache allow 8 to 64 KiB
_SLICE = 4 * 1024  # bytes that are parsed before it is looked whether requests wait for a response

# In the state that the application shares with its server:
CONNECTIONS = "connections"  # a ConnectionTable
REJECTIONS = "rejections"  # a RejectionLog
IS_FULL = "is_full"  # whether a request would be rejected, by its method, path and headers
EXPECT = "expect"  # called with the scope of a request whose task is about to start
SHEDDER = "shedder"  # a Shedder


_OVERLOADED = Overloaded()


class LimitedProtocol(HttpToolsProtocol):
    """A connection with limits on its head, its target and its idle time; see also ConnectionTable."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._unparsed = b""
        self.flow = _OneByOne(transport, self)
        self.address = self.client[0] if self.client else ""
        self.idle_since = self.head_since = self.loop.time()
        self.unread_since = NEVER
        self._begins_message = self._in_head = True
        self._field_bytes = 0  # received since anything else than a head, a trailer or the head of a chunk
        self._offers_upgrade = False
        self._error: Rejected | None = None
        self._table: ConnectionTable = self.app_state[CONNECTIONS]
        self._rejections: RejectionLog = self.app_state[REJECTIONS]
        self._is_full: Callable[[Scope], bool] = self.app_state[IS_FULL]
        self._expect: Callable[[Any], None] = self.app_state[EXPECT]
        self._shedder: Shedder = self.app_state[SHEDDER]
        if not self._table.add(self):
            self._reject(TooManyConnections())

    def connection_lost(self, exc: Exception | None) -> None:
        self._table.remove(self)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # uvicorn's own does it only after a close in good order

    def close(self) -> None:
        """Close the connection, unless that is under way."""
        if not self.transport.is_closing():
            self.transport.close()

    def abort(self) -> None:
        """Close the connection without sending what its client has not read."""
        self.transport.abort()

    def pause_writing(self) -> None:
        self.unread_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.unread_since = NEVER
        super().resume_writing()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has closed its side: it still gets the response, or 400 if its request is incomplete."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False
            if cycle.more_body and not cycle.response_started and not self.pipeline:
                self._reject(BodyIncomplete())
            return True
        if self._in_head and not self._begins_message:
            self._reject(MalformedRequest("the request ended early"))
        return False

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing() or self._is_shed(data):
            return
        if self._begins_message and not data.isascii():
            data = encode_request_line(data)
        self._parse(data)

    @property
    def is_behind(self) -> bool:
        """Whether this connection has sent requests that wait for the response to an earlier one."""
        return bool(self.pipeline or self._unparsed)

    @property
    def _owes_response(self) -> bool:
        """Whether a whole request waits for its response."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def _parse(self, data: bytes) -> None:
        """Parse data up to a request that has to wait for an earlier one. What follows is parsed after that one.

        Each parsed request costs a hundred times its bytes in memory, and a client may send any number of them.
        """
        self._unset_keepalive_if_required()
        start = 0
        while start < len(data) and not self._unparsed and not self.transport.is_closing():
            if self.pipeline:
                self._unparsed = data[start:]
                return
            again = self._parse_piece(data[start : start + _SLICE])
            start += _SLICE
            if again:
                data, start = again + data[start:], 0

    def _parse_rest(self) -> None:
        """Go on after the response to an earlier request."""
        data, self._unparsed = self._unparsed, b""
        self._parse(data)
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _parse_piece(self, piece: bytes) -> bytes:
        """Parse a piece; returns what is left of it behind an offer to upgrade, which is parsed again without it."""
        self._field_bytes += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            return (self._head_without_upgrade() if self._offers_upgrade else b"") + piece[upgrade.args[0] :]
        except httptools.HttpParserError:
            if self._owes_response:
                self._unparsed = piece  # the parser says the same of it again, once the requests before it are answered
                self.flow.pause_reading()
            else:
                self._reject(self._error or MalformedRequest())
        else:
            if self._field_bytes > MAX_HEAD:
                self._reject_last(HeadersTooLarge())
        return b""

    def _reject_last(self, error: Rejected) -> None:
        """Reject a request that never gets whole; one before it whose response is due gets that, and no more comes."""
        if self._owes_response:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
        else:
            self._reject(error)

    def _head_without_upgrade(self) -> bytes:
        """The head that was parsed, without its Upgrade, with which the parser would skip the body."""
        line = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        fields = [b"%s: %s" % field for field in self.headers if field[0] != b"upgrade"]
        return b"\r\n".join([line, *fields, b"", b""])

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begins_message = False
        self._in_head = True
        self._offers_upgrade = False
        self.head_since = min(self.head_since, self.loop.time())

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head. Those of a trailer are dropped: they must not pass for the head's (RFC 9110, 6.5.1).

        Blanks and tabs behind a value are no part of it (RFC 9110, 5.5); llhttp takes away those before it only.
        """
        if self._in_head:
            super().on_header(name, value.rstrip(b" \t"))

    def on_headers_complete(self) -> None:
        self._field_bytes = 0
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            self._offers_upgrade = True  # which nothing here takes: the request is parsed again without (RFC 9110, 7.8)
            return
        self._in_head = False
        self.head_since = self.idle_since = NEVER
        try:
            self._check_sizes()
            self._split_target()
        except Rejected as error:
            self._error = error
            raise
        if self._is_overloaded():
            self._reject_at_once(_OVERLOADED)
        else:
            super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if cycle.scope["http_version"] == "1.0":
            Http10Cycle.take_over(cycle)
        self._expect(cycle.scope)
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        self._field_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._field_bytes = 0
        self._begins_message = True
        if self._offers_upgrade:
            return
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self.idle_since = self.loop.time()
        super().on_response_complete()
        if self._unparsed and not self.pipeline:
            self.loop.call_soon(self._parse_rest)

    def _is_shed(self, data: bytes) -> bool:
        """Reject a request without parsing it, if the server is overloaded; whether that was done."""
        if not self._begins_message or not (self.cycle is None or self.cycle.response_complete):
            return False
        response = self._shedder.response_to(data, self.server_state.default_headers)
        if response is None:
            return False
        self._rejections.note(_OVERLOADED)
        self.transport.write(response)
        self.head_since, self.idle_since = NEVER, self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._expire_after(self.timeout_keep_alive)
        return True

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for all of the time: shed requests do not restart the timer."""
        left = self.idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._expire_after(left)
        else:
            super().timeout_keep_alive_handler()

    def _expire_after(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _is_overloaded(self) -> bool:
        """Whether the application would reject this request. Rejecting it here costs a fraction of that."""
        if self.expect_100_continue or not (self.cycle is None or self.cycle.response_complete):
            return False
        path, method = self.url.partition(b"?")[0].decode(), self.parser.get_method().decode()
        return self._is_full({"method": method, "path": path, "headers": self.headers})

    def _reject_at_once(self, error: Rejected) -> None:
        """Reject a request before its body is read; the body is skipped."""
        self.cycle = _COMPLETE
        self._write(error)
        self.on_response_complete()

    def _check_sizes(self) -> None:
        if len(self.url) > MAX_TARGET:
            raise TargetTooLong
        if sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD:
            raise HeadersTooLarge

    def _split_target(self) -> None:
        """Replace the Host by the authority of a target in absolute form (RFC 9112, 3.2.2)."""
        self.url, authority = split_target(self.url)
        if authority is not None:
            self.headers[:] = [(name, authority if name == b"host" else value) for name, value in self.headers]

    def _reject(self, error: Rejected) -> None:
        self._write(error)
        self.transport.close()

    def _write(self, error: Rejected) -> None:
        self._rejections.note(error)
        headers: Any = self.headers or ()
        status, fields, body = rejection(error, headers)
        fields.append((b"content-length", b"%d" % len(body)))
        lines = [b"%s: %s\r\n" % field for field in (*self.server_state.default_headers, *fields)]
        answers_head = not self._in_head and self.parser.get_method() == b"HEAD"
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", b"" if answers_head else body]))


class _CompleteCycle:
    """The cycle of a request that was rejected at once, with the attributes that uvicorn's protocol reads."""

    response_complete = True
    message_event = asyncio.Event()


_COMPLETE: Any = _CompleteCycle()


class _OneByOne(FlowControl):
    """Uvicorn's flow control, which reads nothing while requests wait for the response to an earlier one.

    Uvicorn itself reads on after each response: a client that sends faster than it is served would fill the memory.
    """

    def __init__(self, transport: asyncio.Transport, connection: LimitedProtocol) -> None:
        super().__init__(transport)
        self._connection = connection

    def resume_reading(self) -> None:
        if not self._connection.is_behind:
            super().resume_reading()
