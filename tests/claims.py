"""Claims of Idempotency-Keys, with the responses that the API gives."""

import hashlib
from collections.abc import Sequence

from api.idempotency import Claim, StoredResponse
from api.json import encode
from api.problems import Problem
from orders.api.schemas import BulkOut, BulkResult, placed_out
from orders.intake.drafts import Draft

_ORIGIN = "http://testserver/orders"
_PROBLEM = Problem(type="about:blank", title="Invalid", status=422, detail="Wrong.", request_id="r-1")


def single_claim(draft: Draft, key: str) -> Claim:
    """The claim of a request for one order."""
    url = f"{_ORIGIN}/{draft.id}"
    return _claim(
        draft, key, StoredResponse(_fingerprint(key), 201, url, encode(placed_out(draft.order, url)).decode())
    )


def bulk_claim(drafts: Sequence[Draft], key: str, *, refused: int = 0) -> Claim:
    """The claim of a bulk request, which its drafts share."""
    results = [
        BulkResult(index=index, status=201, order=placed_out(draft.order, f"{_ORIGIN}/{draft.id}"))
        for index, draft in enumerate(drafts)
    ]
    results += [BulkResult(index=len(drafts) + n, status=422, problem=_PROBLEM) for n in range(refused)]
    body = encode(BulkOut(accepted=len(drafts), refused=refused, results=results)).decode()
    return _claim(drafts[0], key, StoredResponse(_fingerprint(key), 200, "", body))


def _claim(draft: Draft, key: str, response: StoredResponse) -> Claim:
    return Claim(draft.order.client_id, key, response)


def _fingerprint(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
