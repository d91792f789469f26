"""Responses to clients of HTTP/1.0, which know no chunks and no interim responses."""

import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from serving.request_head import header
from serving.response_sender import BODILESS

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: whoever closes the connection resets it
_CLOSE = struct.pack("ii", 0, 0)


class Http10Cycle(RequestResponseCycle):
    """A request of HTTP/1.0 and its response, of which a stream ends with its connection (RFC 9112, 6.1 and 6.3).

    Its client has nothing but that end to go by. So until a stream is whole, its connection ends with a reset: also
    when this process is killed.
    """

    _is_stream = False

    @classmethod
    def take_over(cls, cycle: RequestResponseCycle) -> None:
        """Have a cycle that uvicorn has made, and not begun, be one of this class."""
        cycle.__class__ = cls
        cycle.waiting_for_100_continue = False  # such an Expect is ignored (RFC 9110, 10.1.1)

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            if self.scope["method"] != "HEAD" and message["status"] not in BODILESS:
                self._is_stream = not header(message.get("headers", ()), b"content-length")
            if self._is_stream:
                self.chunked_encoding = False
                self._linger(_RESET)
        elif self._is_stream:
            self.expected_content_length = len(message.get("body", b""))
            if not message.get("more_body"):
                self._linger(_CLOSE)
        await super().send(message)

    def _linger(self, option: bytes) -> None:
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
