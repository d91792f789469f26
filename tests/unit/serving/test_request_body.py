import asyncio

import pytest

from serving.exceptions import BodyIncomplete, BodyTooLarge, BodyTooSlow, Overloaded
from serving.request_body import SMALL, BodyReader
from tests.unit.serving.fakes import Client

LARGE = SMALL + 1


def reader(*, memory_limit: int = 10 * SMALL, timeout: float = 60.0) -> BodyReader:
    return BodyReader(max_size=5 * SMALL, memory_limit=memory_limit, timeout=timeout)


def read(client: Client, length: int | None, *, by: BodyReader | None = None) -> bytes:
    return asyncio.run((by or reader()).read(client.receive, length))


@pytest.mark.parametrize("length", [2, None])
def test_a_body_is_put_together_from_its_chunks(length):
    assert read(Client(b"a", b"b"), length) == b"ab"


def test_a_large_body_is_put_together_from_its_chunks():
    assert len(read(Client(b"x" * SMALL, b"y"), LARGE)) == LARGE


def test_without_a_body_nothing_is_waited_for():
    assert read(Client(silent=True), 0) == b""


def test_a_body_that_is_announced_as_too_large_is_not_read():
    client = Client(silent=True)
    with pytest.raises(BodyTooLarge, match="up to 327680 bytes"):
        read(client, 5 * SMALL + 1)

    assert client.reads == 0


def test_a_body_in_chunks_is_read_up_to_the_limit():
    with pytest.raises(BodyTooLarge):
        read(Client(*[b"x" * SMALL] * 6), None)


@pytest.mark.parametrize("length", [2, LARGE])
def test_a_body_that_does_not_come_in_time_is_given_up(length):
    with pytest.raises(BodyTooSlow):
        read(Client(b"a", silent=True), length, by=reader(timeout=-length / SMALL + 0.01))


@pytest.mark.parametrize("length", [2, LARGE, None])
def test_a_body_whose_client_goes_away_is_no_body(length):
    """vitejs and others padded such bodies; here 69,000 of 70,000 bytes were an order."""
    with pytest.raises(BodyIncomplete):
        read(Client(b"a", gone=True), length)


@pytest.mark.parametrize("sent", [b"", b"a", b"abc"])
def test_a_body_of_another_length_than_announced_is_no_body(sent):
    with pytest.raises(BodyIncomplete):
        read(Client(sent), 2)


def test_large_bodies_together_have_a_limit_and_make_room_when_they_are_released():
    ours = reader(memory_limit=LARGE)
    first = read(Client(b"x" * LARGE), LARGE, by=ours)

    with pytest.raises(Overloaded):
        read(Client(b"x" * LARGE), LARGE, by=ours)
    ours.release(first)

    assert len(read(Client(b"x" * LARGE), LARGE, by=ours)) == LARGE


def test_what_is_given_up_on_the_way_makes_room_too():
    ours = reader(memory_limit=LARGE)
    for _ in range(3):
        with pytest.raises(BodyIncomplete):
            read(Client(b"x" * SMALL, gone=True), LARGE, by=ours)

    assert len(read(Client(b"x" * LARGE), LARGE, by=ours)) == LARGE


def test_small_bodies_in_chunks_take_no_room_for_good():
    ours = reader(memory_limit=LARGE)
    for _ in range(3):
        ours.release(read(Client(b"x" * (SMALL // 2), b"y" * (SMALL // 2)), SMALL, by=ours))

    assert len(read(Client(b"x" * LARGE), LARGE, by=ours)) == LARGE


def test_an_announced_length_takes_no_room():
    ours = reader(memory_limit=LARGE + 1)  # one for the slow one's byte

    async def beside_a_slow_one() -> bytes:
        slow = asyncio.create_task(ours.read(Client(b"x", silent=True).receive, 4 * SMALL))
        await asyncio.sleep(0)
        body = await ours.read(Client(b"x" * LARGE).receive, LARGE - 1 + 1)
        slow.cancel()
        return body

    assert len(asyncio.run(beside_a_slow_one())) == LARGE
