"""A POST with or without an Idempotency-Key: what it claims, and what it was answered before."""

from rest_framework.request import Request

from api.exceptions import KeyReused
from api.idempotency import Claim, StoredAnswer, fingerprint_of, key_of, stored_answer


def client_id_of(request: Request) -> int:
    """The client that asks; views admit none that is not logged in."""
    assert request.user.pk is not None
    return request.user.pk


class KeyedRequest:
    """Raises:
    BadHeader: the key is not 1 to 255 visible ASCII characters.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._key = key_of(request)

    def claim(self, *, status: int, body: bytes, location: str = "") -> Claim | None:
        """The claim to store with what this answer is about; None without a key."""
        if self._key is None:
            return None
        answer = StoredAnswer(self._fingerprint(), status, location, body.decode())
        return Claim(client_id_of(self._request), self._key, answer)

    def first_answer(self) -> StoredAnswer | None:
        """How this very request was answered before, if it was.

        Raises:
            KeyReused: another request had the key.
        """
        if self._key is None:
            return None
        stored = stored_answer(client_id_of(self._request), self._key)
        if stored and stored.fingerprint != self._fingerprint():
            raise KeyReused(KeyReused.__doc__)
        return stored

    def _fingerprint(self) -> bytes:
        return fingerprint_of("POST", self._request.path.rstrip("/"), self._request.body)
