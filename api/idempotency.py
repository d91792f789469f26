"""Idempotency-Key: a repeated request gets the response of the first one."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from django.db import OperationalError, transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.exceptions import BadHeader, IdempotencyKeyInUse, IdempotencyKeyReused
from api.json import encode
from api.models import IdempotencyRecord
from common.postgres import is_lock_timeout
from common.sql import execute

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

# Inserts the rows of `rows_of`, as JSON, and returns the names of those whose key is new; larger statements include it.
# It waits for another transaction that is storing the same key. (The ORM can't tell which rows `ignore_conflicts`
# inserted.)
CLAIM = """
    INSERT INTO api_idempotencyrecord (client_id, key, fingerprint, status, location, body)
    SELECT client_id, key, decode(fingerprint, 'hex'), status, location, body
    FROM json_to_recordset(%(claims)s)
        AS claim (client_id integer, key text, fingerprint text, status smallint, location text, body text)
    ON CONFLICT DO NOTHING
    RETURNING client_id, key
"""
Name = tuple[int, str]  # of a claim: the client's id and its key


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The first response to a request; `body` is a JSON object, `fingerprint` is the request's."""

    fingerprint: bytes
    status: int
    location: str
    body: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a replay."""
        return {REPLAYED: "true"} | ({"Location": self.location} if self.location else {})

    def replay(self) -> Response:
        """The response as a view returns it."""
        return Response(msgspec.Raw(self.body.encode()), status=self.status, headers=self.headers)

    def replay_as_json(self) -> HttpResponse:
        """The response where there is no renderer."""
        return HttpResponse(self.body, status=self.status, headers=self.headers, content_type="application/json")


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A request's claim of its client's key, with the response to store. Equal only to itself."""

    client_id: int
    key: str
    response: StoredResponse

    @property
    def name(self) -> Name:
        return self.client_id, self.key


class IdempotentRequest:
    """A request that changes something, with or without an Idempotency-Key.

    Raises:
        BadHeader: the key is not 1 to 255 visible ASCII characters.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._key = key_of(request)

    @property
    def client_id(self) -> int:
        """The client that asks; views admit none that is not logged in."""
        assert self._request.user.pk is not None
        return self._request.user.pk

    def claim(self, *, status: int, body: bytes, location: str = "") -> Claim | None:
        """The claim to store in the transaction that this response confirms; None without a key."""
        if self._key is None:
            return None
        response = StoredResponse(self._fingerprint(), status, location, body.decode())
        return Claim(self.client_id, self._key, response)

    def first_response(self) -> StoredResponse | None:
        """The stored response to this request, if it was made before.

        Raises:
            IdempotencyKeyReused: the key was used for another request.
        """
        if self._key is None:
            return None
        stored = stored_response(self.client_id, self._key)
        if stored and stored.fingerprint != self._fingerprint():
            raise IdempotencyKeyReused
        return stored

    def once(self, work: Callable[[], Response]) -> Response:
        """Do the work and store its response in one transaction, or replay the first response.

        Errors are not stored: the same request may succeed later.

        Raises:
            IdempotencyKeyReused, IdempotencyKeyInUse: of the key.
            Exception: whatever the work raises.
        """
        if first := self.first_response():
            return first.replay()
        try:
            with transaction.atomic():
                response = work()
                self._store(response)
        except Exception as error:
            if first := self.first_response():  # a concurrent request with this key, which may be why the work failed
                return first.replay()
            if isinstance(error, OperationalError) and is_met_claim(error):
                raise IdempotencyKeyInUse from error
            raise
        return response

    def _store(self, response: Response) -> None:
        location = response.headers.get("Location", "")
        own = self.claim(status=response.status_code, body=encode(response.data), location=location)
        if own and not claim([own]):
            raise IdempotencyKeyInUse

    def _fingerprint(self) -> bytes:
        return fingerprint_of("POST", self._request.path.rstrip("/"), self._request.body)


def key_of(request: Request) -> str | None:
    """The request's idempotency key, if it has one.

    Raises:
        BadHeader: it is not 1 to 255 visible ASCII characters.
    """
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _KEY.fullmatch(key):
        raise BadHeader(f"the header {HEADER} must be 1 to 255 visible ASCII characters")
    return key


def fingerprint_of(method: str, path: str, body: bytes) -> bytes:
    """A hash of a request: equal for two requests only if they are the same."""
    return hashlib.sha256(b"%s %s\n%s" % (method.encode(), path.encode(), body)).digest()


def first_of_each_key(claims: Iterable[Claim]) -> dict[Name, Claim]:
    """The first claim of each key, in the order of names, in which all transactions insert them to avoid deadlocks."""
    firsts: dict[Name, Claim] = {}
    for each in claims:
        firsts.setdefault(each.name, each)
    return {name: firsts[name] for name in sorted(firsts)}


def claim(claims: Iterable[Claim]) -> list[Name]:
    """Store the responses of claims whose key is new, in the caller's transaction if any; returns their names."""
    rows = execute(CLAIM, claims=msgspec.json.encode(rows_of(claims)).decode())
    return [(client_id, key) for client_id, key in rows]


def rows_of(claims: Iterable[Claim]) -> list[dict[str, object]]:
    """The rows that `CLAIM` takes as JSON."""
    return [
        {
            "client_id": each.client_id,
            "key": each.key,
            "fingerprint": each.response.fingerprint.hex(),
            "status": each.response.status,
            "location": each.response.location,
            "body": _as_json(each.response.body),
        }
        for each in claims
    ]


def _as_json(body: str) -> msgspec.Raw | str:
    """The body as raw JSON; as a string if it has a NUL, which PostgreSQL can't unescape."""
    return body if r"\u0000" in body else msgspec.Raw(body.encode())


def stored_response(client_id: int, key: str) -> StoredResponse | None:
    """The response to a client's first request with a key, if there was one."""
    stored = IdempotencyRecord.objects.filter(client=client_id, key=key)
    row = stored.values_list("fingerprint", "status", "location", "body").first()
    return StoredResponse(bytes(row[0]), *row[1:]) if row else None


def is_met_claim(error: OperationalError) -> bool:
    """Whether a lock timeout was caused by another transaction's claim of a key, and not by a lock on a table."""
    context = getattr(getattr(error.__cause__, "diag", None), "context", None) or ""
    return is_lock_timeout(error) and IdempotencyRecord._meta.db_table in context
