"""Django requests whose query and forms are always read as UTF-8, and that say which host is unknown."""

from typing import Any
from urllib.parse import quote, unquote_to_bytes

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import QueryDict
from django.utils.functional import cached_property

from api.exceptions import BadHeader, BadParameters
from common.errors import ParameterError
from common.text import shorten

MAX_FORM = 1024 * 1024  # bytes; to read 16 MiB, as much as bulk requests of the API may have, took five seconds

_MAX_HOST = 255  # characters of an unknown one that are shown: a name in DNS has no more
_ASCII = "".join(map(chr, range(128)))
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Utf8Request(WSGIRequest):
    """Django's request without the parameters of the Content-Type, and with a check of the query's encoding.

    Django looks up the charset of a client: one that is no text encoding, such as `hex`, makes reading the query fail,
    and Python caches every unknown name for ever. The boundary of multipart forms is dropped too, because no page
    takes files.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        meta["CONTENT_TYPE"] = meta.get("CONTENT_TYPE", "").partition(";")[0].strip()
        self.content_type, self.content_params = meta["CONTENT_TYPE"].lower(), {}

    def _load_post_and_files(self) -> None:
        """Read a form, which anybody can have done: the check against CSRF does it before a log-in.

        Raises:
            RequestDataTooBig: it is longer than forms are here.
        """
        if self.content_type in _FORMS and int(self.META.get("CONTENT_LENGTH") or 0) > MAX_FORM:
            raise RequestDataTooBig(f"a form may have up to {MAX_FORM} bytes")
        super()._load_post_and_files()

    @cached_property
    def GET(self) -> QueryDict:  # type: ignore[override]  # noqa: N802
        """The query. Bytes beyond ASCII are treated like percent-encoded ones.

        Raises:
            BadParameters: it is not UTF-8.
        """
        raw = self.META.get("QUERY_STRING", "").encode("latin-1")  # PEP 3333
        query = QueryDict(raw and quote(raw, safe=_ASCII))
        if not _is_utf8(raw):
            raise BadParameters([ParameterError(name, "is not UTF-8") for name in _broken(query)])
        return query

    def get_host(self) -> str:
        """The host, and its port, by which this server was asked.

        Raises:
            BadHeader: it is none of ALLOWED_HOSTS. Django's own error is told to nobody but the log.
        """
        return self._host

    @cached_property
    def _host(self) -> str:
        try:
            return super().get_host()
        except DisallowedHost:
            host = shorten(self.META.get("HTTP_HOST", self.META["SERVER_NAME"]), _MAX_HOST)
            detail = f"this server is not asked as {host} (the header Host): ALLOWED_HOSTS has no such name"
            raise BadHeader(detail) from None


class Utf8Handler(WSGIHandler):
    request_class = Utf8Request


def _is_utf8(query: bytes) -> bool:
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True


def _broken(query: QueryDict) -> list[str]:
    """The parameters that have bytes which could not be decoded."""
    return [name for name, values in query.lists() if "\ufffd" in "".join((name, *values))]
