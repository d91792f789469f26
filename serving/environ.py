"""A request as WSGI has it (PEP 3333), which is what Django's handler takes."""

import sys
from io import BytesIO
from typing import Any

from serving.rsgi import Scope

_ALWAYS = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
_names = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_MAX_NAMES = 1000  # kept: clients choose them


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """A header whose name has an underscore is left out: it could pass for another, which a proxy may vouch for."""
    name, _, port = scope.server.rpartition(":")
    environ = {
        **_ALWAYS,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _as_latin1(scope.path),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
    }
    for header, value in scope.headers.items():
        if "_" not in header:
            key = _names.get(header) or _name_of(header)
            environ[key] = f"{environ[key]}{_between(key)}{value}" if key in environ else value
    return environ


def _as_latin1(text: str) -> str:
    """PEP 3333: bytes, each as the character of that number."""
    return text if text.isascii() else text.encode(errors="surrogateescape").decode("latin-1")


def _name_of(header: str) -> str:
    key = "HTTP_" + header.upper().replace("-", "_")
    if len(_names) < _MAX_NAMES:
        _names[header] = key
    return key


def _between(key: str) -> str:
    """What joins the values of a header that came more than once."""
    return "; " if key == "HTTP_COOKIE" else ","
