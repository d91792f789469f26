"""Answering a request that comes again as it was answered at first, by its `Idempotency-Key`."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from django.db import connection
from django.http import HttpRequest

from api.exceptions import BadHeader
from api.models import IdempotencyRecord

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

# Takes the rows of `rows_of` as JSON, and gives the names of those whose key is new; a part of larger statements, too.
# A key that another transaction is just storing is waited for. (The ORM can't say what `ignore_conflicts` inserted.)
CLAIM = """
    INSERT INTO api_idempotencyrecord (client_id, key, fingerprint, status, location, body)
    SELECT client_id, key, decode(fingerprint, 'hex'), status, location, body
    FROM json_to_recordset(%s)
        AS claim (client_id integer, key text, fingerprint text, status smallint, location text, body text)
    ON CONFLICT DO NOTHING
    RETURNING client_id, key
"""
Name = tuple[int, str]  # of a claim: the client's id and its key


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """How a request was answered at first; `body` is a JSON object, `fingerprint` is the request's."""

    fingerprint: bytes
    status: int
    location: str
    body: str


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A client's wish to carry out a request under a key, and what the answer is going to be. Equal only to itself."""

    client_id: int
    key: str
    answer: StoredAnswer

    @property
    def name(self) -> Name:
        return self.client_id, self.key


def key_of(request: HttpRequest) -> str | None:
    """The request's idempotency key, if it has one.

    Raises:
        BadHeader: it is not 1 to 255 visible ASCII characters.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _KEY.fullmatch(key):
        raise BadHeader(f"the header {HEADER} must be 1 to 255 visible ASCII characters")
    return key


def fingerprint_of(method: str, path: str, body: bytes) -> bytes:
    """What two requests have in common exactly if they are the same."""
    return hashlib.sha256(b"%s %s\n%s" % (method.encode(), path.encode(), body)).digest()


def first_of_each_key(claims: Iterable[Claim]) -> dict[Name, Claim]:
    """The claims that count, in the order in which all insert them: two batches with the same keys can't deadlock."""
    firsts: dict[Name, Claim] = {}
    for claim in claims:
        firsts.setdefault(claim.name, claim)
    return {name: firsts[name] for name in sorted(firsts)}


def claim(claims: Iterable[Claim]) -> list[Name]:
    """Store the answers of those claims whose key is new, in the caller's transaction; their names."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [msgspec.json.encode(rows_of(claims)).decode()])
        return list(cursor.fetchall())


def rows_of(claims: Iterable[Claim]) -> list[dict[str, object]]:
    """What `CLAIM` takes, as JSON."""
    return [
        {
            "client_id": claim.client_id,
            "key": claim.key,
            "fingerprint": claim.answer.fingerprint.hex(),
            "status": claim.answer.status,
            "location": claim.answer.location,
            "body": msgspec.Raw(claim.answer.body.encode()),  # as it is, not quoted as a string in the JSON
        }
        for claim in claims
    ]


def stored_answer(client_id: int, key: str) -> StoredAnswer | None:
    """How a client's first request under a key was answered, if there was one."""
    stored = IdempotencyRecord.objects.filter(client=client_id, key=key)
    row = stored.values_list("fingerprint", "status", "location", "body").first()
    return StoredAnswer(bytes(row[0]), *row[1:]) if row else None
