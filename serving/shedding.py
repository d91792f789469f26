"""Rejecting whole requests under overload, at a fraction of what it costs to take them apart.

uvicorn makes a dozen calls of Python for each request, most of them for its headers. Of thousands a second that are all
rejected alike, that was most of the CPU which the accepted ones need (docs/decisions/0021-shedding-before-parsing.md).
"""

from collections.abc import Callable, Sequence

import httptools
import msgspec
import uuid_utils
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from api.request_ids import REQUEST_ID
from serving.exceptions import Overloaded
from serving.rejections import rejection
from serving.request_head import Scope

MAX_SIZE = 16 * 1024  # bytes of a request; a longer one is not worth looking at twice
_METHODS = (b"GET", b"POST")  # not HEAD, which is answered without a body
_PLACEHOLDER = b"~request-id~"
_OVERLOADED = Overloaded()

DefaultHeaders = Sequence[tuple[bytes, bytes]]


class Shedder:
    """The responses of one process to requests that it has no place for. For its event loop only.

    Args:
        is_full: tells of a request, by its method and path, whether it would be rejected.
    """

    def __init__(self, is_full: Callable[[Scope], bool]) -> None:
        self._is_full = is_full
        self._framing = _Framing()
        self._response = _Response(())

    def response_to(self, data: bytes, default_headers: DefaultHeaders) -> bytes | None:
        """The response to a request that is to be shed; None if `data` has to be parsed as usual.

        Args:
            data: what came on a connection that is between two requests.
            default_headers: the server's own, the same object for as long as they do not change.
        """
        if not self._has_no_place(data):
            return None
        if not self._framing.is_one_request(data):
            self._framing = _Framing()
            return None
        head = data[: data.find(b"\r\n\r\n")]
        names = head.lower()
        if b"\nexpect:" in names:
            return None
        if self._response.default_headers is not default_headers:
            self._response = _Response(default_headers)
        return self._response.to(_given_id(head, names))

    def _has_no_place(self, data: bytes) -> bool:
        line, found, _ = data.partition(b" HTTP/1.1\r\n")
        method, _, target = line.partition(b" ")
        if not found or len(data) > MAX_SIZE or method not in _METHODS or not target.startswith(b"/"):
            return False
        path = target.partition(b"?")[0]
        return path.isascii() and self._is_full({"method": method.decode(), "path": path.decode(), "headers": ()})


class _Framing:
    """Where a request ends, by the parser that all requests are read by, which calls nothing else here."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._begun = self._complete = 0
        self._keeps_alive = False

    def on_message_begin(self) -> None:
        self._begun += 1

    def on_message_complete(self) -> None:
        self._complete += 1
        self._keeps_alive = self._parser.should_keep_alive()

    def is_one_request(self, data: bytes) -> bool:
        """Whether these bytes are one request, whole and nothing else, after which the connection stays open.

        If they are not, the parser is in the middle of something, and this object of no more use.
        """
        self._begun = self._complete = 0
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return False
        return self._begun == self._complete == 1 and self._keeps_alive


class _Response:
    """The response to all that is shed, made once for as long as the default headers stay; only request ids differ."""

    def __init__(self, default_headers: DefaultHeaders) -> None:
        self.default_headers = default_headers
        status, fields, body = rejection(_OVERLOADED, [(b"x-request-id", _PLACEHOLDER)])
        self._body, self._end = body.split(_PLACEHOLDER)
        self._length = len(body) - len(_PLACEHOLDER)
        lines = [b"%b: %b\r\n" % field for field in (*default_headers, *fields)]
        self._head, self._rest_of_head = b"".join([STATUS_LINE[status], *lines]).split(_PLACEHOLDER)

    def to(self, given: str) -> bytes:
        """The response under the client's request id, or under a new one where it gave none."""
        request_id = given or str(uuid_utils.uuid7())
        text = msgspec.json.encode(request_id)[1:-1]
        length = b"content-length: %d\r\n\r\n" % (self._length + len(text))
        return b"".join((self._head, request_id.encode(), self._rest_of_head, length, self._body, text, self._end))


def _given_id(head: bytes, names: bytes) -> str:
    """The request id that a client gave, if it is one. `names`: the head in lower case."""
    start = names.find(b"\nx-request-id:")
    if start < 0:
        return ""
    value = head[start:].partition(b":")[2].partition(b"\r")[0].strip(b" \t").decode("latin-1")
    return value if REQUEST_ID.fullmatch(value) else ""
