"""Requests whose query and forms are UTF-8, whatever charset a client names."""

from typing import Any
from urllib.parse import quote, unquote_to_bytes

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import QueryDict
from django.utils.functional import cached_property

from api.exceptions import BadParameters
from common.errors import ParameterError

_ASCII = "".join(map(chr, range(128)))


class Utf8Request(WSGIRequest):
    """Django's request without the parameters of the Content-Type, and strict about the bytes of a query.

    Django looks up the charset that a client names: one that is no encoding of text, such as `hex`, then fails wherever
    the query is read, and Python keeps every unknown name for ever. The boundary goes, too: forms in parts are for
    files, which no page of ours takes.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        meta["CONTENT_TYPE"] = meta.get("CONTENT_TYPE", "").partition(";")[0].strip()
        self.content_type, self.content_params = meta["CONTENT_TYPE"].lower(), {}

    @cached_property
    def GET(self) -> QueryDict:  # type: ignore[override]  # noqa: N802
        """The query, in which bytes beyond ASCII count as if they were percent-encoded.

        Raises:
            BadParameters: it is not UTF-8.
        """
        raw = self.META.get("QUERY_STRING", "").encode("latin-1")  # PEP 3333
        query = QueryDict(raw and quote(raw, safe=_ASCII))
        if not _is_utf8(raw):
            raise BadParameters([ParameterError(name, "is not UTF-8") for name in _broken(query)])
        return query


class Utf8Handler(WSGIHandler):
    request_class = Utf8Request


def _is_utf8(query: bytes) -> bool:
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True


def _broken(query: QueryDict) -> list[str]:
    """The parameters in which something was replaced, when the query was decoded."""
    return [name for name, values in query.lists() if "\ufffd" in "".join((name, *values))]
