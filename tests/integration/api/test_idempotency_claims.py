"""Claims of idempotency keys: requests with the same key get the first one's response."""

import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from django.db import connections, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency
from api.exceptions import BadHeader
from api.idempotency import (
    Claim,
    IdempotentRequest,
    Name,
    StoredResponse,
    fingerprint_of,
    first_of_each_key,
    key_of,
    stored_response,
)
from api.json import encode
from api.models import IdempotencyRecord
from tests.concurrency import somebody_waits_for_a_lock
from tests.waiting import wait_until


def claim(key: str, *, client_id: int = 1, body: str = "{}", fingerprint: bytes = b"\x00f") -> Claim:
    return Claim(client_id, key, StoredResponse(fingerprint, 201, "/orders/1", body))


def claim_all(*claims: Claim) -> list[Name]:
    return idempotency.claim(first_of_each_key(claims).values())


def claim_committed(*claims: Claim) -> list[Name]:
    with transaction.atomic():
        return claim_all(*claims)


@pytest.mark.django_db
def test_a_new_key_is_stored_with_its_answer():
    first = claim("k", body='{"id":"é"}', fingerprint=bytes(range(256)))
    assert claim_all(first) == [(1, "k")]
    assert stored_response(1, "k") == first.response


@pytest.mark.django_db
def test_a_key_that_was_used_keeps_what_was_stored():
    first, again, new = claim("k", body="1"), claim("k", body="2"), claim("n")
    claim_all(first)
    assert claim_all(again, new) == [(1, "n")]
    assert [stored_response(1, key) for key in ("k", "n", "unknown")] == [first.response, new.response, None]


def test_of_two_claims_of_one_key_in_a_batch_the_first_counts():
    first, other, second = claim("k", body="1"), claim("a"), claim("k", body="2")
    assert list(first_of_each_key([first, other, second]).values()) == [other, first]


@pytest.mark.django_db
def test_keys_belong_to_a_client():
    assert len(claim_all(claim("k", client_id=1), claim("k", client_id=2))) == 2
    assert stored_response(3, "k") is None


@pytest.mark.django_db
def test_many_claims_are_one_query(django_assert_num_queries):
    claim_all(claim("used"))
    with django_assert_num_queries(1):
        claim_all(*(claim(str(number)) for number in range(100)), claim("used"))


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_claimed():
    with transaction.atomic():
        claim_all(claim("k"))
        transaction.set_rollback(True)
    assert claim_committed(claim("k")) == [(1, "k")]


@pytest.mark.django_db(transaction=True)
def test_a_claim_under_way_is_waited_for():
    first, second = claim("k", body="1"), claim("k", body="2")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            claim_all(first)
            waiting = pool.submit(_in_thread, [second])
            wait_until(somebody_waits_for_a_lock)
        assert waiting.result(10) == []
    assert stored_response(1, "k") == first.response


@pytest.mark.django_db(transaction=True)
def test_batches_with_the_same_keys_in_another_order_do_not_deadlock():
    names = [f"k{number}" for number in range(50)]
    start = threading.Barrier(4)

    def work(order: list[str]) -> int:
        start.wait()
        return len(_in_thread([claim(name) for name in order]))

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(work, [names, names[::-1], names, names[::-1]]))
    assert sorted(won) == [0, 0, 0, 50]
    assert IdempotencyRecord.objects.count() == 50


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "a\tb", "\x7f"])
def test_a_key_that_can_be_none_is_refused(rf, key):
    with pytest.raises(BadHeader, match="1 to 255 visible ASCII characters"):
        key_of(rf.post("/orders", headers={"idempotency-key": key}))


def test_a_key_is_taken_as_it_is(rf):
    assert key_of(rf.post("/orders", headers={"idempotency-key": "!~" + "x" * 253})) == "!~" + "x" * 253
    assert key_of(rf.post("/orders")) is None


def test_another_method_path_or_body_is_another_request():
    parts = [("POST", "/a", b"1"), ("PUT", "/a", b"1"), ("POST", "/b", b"1"), ("POST", "/a", b"2")]
    assert len({fingerprint_of(*part) for part in parts}) == 4
    assert fingerprint_of(*parts[0]) == fingerprint_of(*parts[0])


def _in_thread(claims: list[Claim]) -> list[Name]:
    try:
        return claim_committed(*claims)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second_fails", [False, True])
def test_two_requests_with_one_key_at_once_do_the_work_once_and_get_the_same_answer(
    rf, django_user_model, second_fails
):
    """The second may fail because the first was faster: it is the same request, so it gets the same answer."""
    user = django_user_model.objects.create(username="client")
    first_is_in, second_is_in, first_is_done = threading.Event(), threading.Event(), threading.Event()

    def work(name: str) -> Response:
        if name == "first":
            first_is_in.set()
            assert second_is_in.wait(30)
        else:
            second_is_in.set()
            if second_fails:
                assert first_is_done.wait(30)
                raise LookupError("there is one already")
        return Response({"name": name}, status=201)

    def once(name: str) -> Response:
        request = Request(rf.post("/things", b"{}", content_type="application/json", headers={"Idempotency-Key": "k"}))
        request.user = user
        try:
            return IdempotentRequest(request).once(lambda: work(name))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(once, "first")
        assert first_is_in.wait(30)
        second = pool.submit(once, "second")
        answers = [first.result()]
        first_is_done.set()
        answers.append(second.result())

    bodies = [msgspec.json.decode(encode(answer.data)) for answer in answers]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert bodies[0] == bodies[1]
    assert ["Idempotency-Replayed" in answer.headers for answer in answers].count(True) == 1
    assert IdempotencyRecord.objects.count() == 1
