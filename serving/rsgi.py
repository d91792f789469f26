"""Granian's side of RSGI 1.6, as far as we use it."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

Headers = list[tuple[str, str]]


class RequestHeaders(Protocol):
    """Names are in lower case; one that came more than once is in `items` more than once."""

    def get(self, key: str, default: str = "") -> str: ...

    def items(self) -> list[tuple[str, str]]: ...


class Scope(Protocol):
    """What is known of a request before its body. `server` and `client` are host:port; the path is decoded."""

    @property
    def http_version(self) -> str: ...
    @property
    def server(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query_string(self) -> str: ...
    @property
    def headers(self) -> RequestHeaders: ...


class Exchange(Protocol):
    """A request's body and the way to answer it. Only the first answer counts; any thread may give it."""

    def __call__(self) -> Awaitable[bytes]: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
