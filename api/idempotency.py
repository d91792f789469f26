"""Answering a request that comes again as it was answered at first, by its `Idempotency-Key`."""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass

from django.db import connection
from django.http import HttpRequest

from api.exceptions import BadHeader

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

# The ORM can't say which rows `ignore_conflicts` inserted. Keys are inserted in one fixed order, so that two batches
# with the same keys can't deadlock.
_INSERT = """
    INSERT INTO api_idempotencyrecord (client_id, key, fingerprint, status, location, body)
    SELECT * FROM unnest(%s::integer[], %s::text[], %s::bytea[], %s::smallint[], %s::text[], %s::text[])
    ON CONFLICT DO NOTHING
    RETURNING client_id, key
"""
_STORED = """
    SELECT client_id, key, fingerprint, status, location, body
    FROM api_idempotencyrecord JOIN unnest(%s::integer[], %s::text[]) AS wanted (client_id, key) USING (client_id, key)
"""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """How a request was answered at first; `body` is JSON, `fingerprint` is the request's."""

    fingerprint: bytes
    status: int
    location: str
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A client's wish to carry out a request under a key, and what the answer is going to be."""

    client_id: int
    key: str
    answer: StoredAnswer


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


def claim_all(claims: Sequence[Claim]) -> dict[Claim, StoredAnswer]:
    """Store the answers of those claims whose key is new, in the caller's transaction. The others, and what was stored.

    Of two claims of one key the first counts. A key that another transaction is just storing is waited for.
    """
    firsts: dict[tuple[int, str], Claim] = {}
    for claim in claims:
        firsts.setdefault((claim.client_id, claim.key), claim)
    won = _insert([firsts[name] for name in sorted(firsts)])
    late = [claim for claim in claims if claim is not firsts[_name(claim)] or _name(claim) not in won]
    stored = _stored({_name(claim) for claim in late})
    return {claim: stored[_name(claim)] for claim in late}


def stored_answer(client_id: int, key: str) -> StoredAnswer | None:
    """How a client's first request under a key was answered, if there was one."""
    return _stored([(client_id, key)]).get((client_id, key))


def _name(claim: Claim) -> tuple[int, str]:
    return claim.client_id, claim.key


def _insert(claims: Sequence[Claim]) -> set[tuple[int, str]]:
    """The names of those that were new."""
    if not claims:
        return set()
    columns = zip(*((claim.client_id, claim.key, *astuple(claim.answer)) for claim in claims), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in columns])
        return {(client_id, key) for client_id, key in cursor.fetchall()}


def _stored(names: Collection[tuple[int, str]]) -> dict[tuple[int, str], StoredAnswer]:
    if not names:
        return {}
    clients, keys = zip(*names, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [list(clients), list(keys)])
        return {
            (client_id, key): StoredAnswer(bytes(fingerprint), status, location, body)
            for client_id, key, fingerprint, status, location, body in cursor.fetchall()
        }
