"""The WSGI environ (PEP 3333) of a request, from which Django makes its request object."""

import sys
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from serving.request_head import Scope

_CONSTANT = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
MAX_CACHED_NAMES = 200
_MAX_CACHED_LENGTH = 64  # bytes of a name: clients choose them
# Of these two values say nothing that one of them does: joined they would be a third, which nobody has sent.
_ONE_ONLY = frozenset({"HTTP_X_REQUEST_ID", "HTTP_TRACEPARENT"})
cached_names = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """The environ of a request with its body.

    Strings are bytes decoded as Latin-1. Headers with an underscore in their names are left out, because they could
    pass for headers that a proxy sets, and so is Transfer-Encoding, because the chunks of the body are joined already.
    The values of repeated headers are joined; request ids and trace contexts are no lists, and have none then.
    """
    server, client = scope["server"] or ("", None), scope["client"] or ("", 0)
    environ = {
        **_CONSTANT,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": _path(scope["raw_path"]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "REMOTE_ADDR": client[0],
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
    }
    for name, value in scope["headers"]:
        key = cached_names.get(name) or _environ_name(name)
        if key:
            text = value.decode("latin-1")
            environ[key] = _joined(key, environ[key], text) if key in environ else text
    environ["CONTENT_LENGTH"] = str(len(body)) if body else environ.get("CONTENT_LENGTH", "")
    return environ


def _path(raw: bytes) -> str:
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode("latin-1")


def _environ_name(header: bytes) -> str:
    """HTTP_X_REQUEST_ID for x-request-id; empty for a header that is left out."""
    if b"_" in header or header == b"transfer-encoding":
        return ""
    name = "HTTP_" + header.decode("latin-1").upper().replace("-", "_")
    if len(cached_names) < MAX_CACHED_NAMES and len(header) <= _MAX_CACHED_LENGTH:
        cached_names[header] = name
    return name


def _joined(key: str, before: str, value: str) -> str:
    """The value of a repeated header (RFC 9110, 5.3; of cookies RFC 6265, 5.4)."""
    if key in _ONE_ONLY:
        return ""
    return f"{before}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
