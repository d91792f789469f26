"""The errors of requests that are rejected before Django is called. Docstrings are the default details of problems."""


class Rejected(Exception):
    """The server does not take this request."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or type(self).__doc__)


class MalformedRequest(Rejected):
    """The request is malformed."""


class BadHeader(Rejected):
    """A request header has no sense."""


class BodyIncomplete(Rejected):
    """The body ended before the length that was announced."""


class BodyTooSlow(Rejected):
    """The body did not come in time."""


class BodyTooLarge(Rejected):
    """The body is larger than this server takes."""


class TargetTooLong(Rejected):
    """The request target is longer than this server takes."""


class HeadersTooLarge(Rejected):
    """The header fields are larger than this server takes."""


class NoSuchFile(Rejected):
    """There is nothing at this address."""


class FileIsReadOnly(Rejected):
    """A file can only be read: by GET or HEAD."""


class Overloaded(Rejected):
    """More requests come than can be served. Ask again a little later, with the same Idempotency-Key."""


class TooManyConnections(Rejected):
    """This address has more connections than one may have. Close some, or ask again a little later."""


class TooFewOpenFiles(Exception):
    """The limit on this process's open files is too low."""
