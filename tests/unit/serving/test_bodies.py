import asyncio

import pytest

from serving.bodies import SMALL, Bodies
from serving.exceptions import BodyBrokenOff, BodyTooSlow, Overloaded
from tests.unit.serving.fakes import FakeExchange

LARGE = SMALL + 1


def bodies(*, together: int = 10 * SMALL, seconds: float = 60.0) -> Bodies:
    return Bodies(largest=5 * SMALL, together=together, seconds=seconds)


def read(exchange: FakeExchange, length: int, *, of: Bodies | None = None) -> bytes:
    return asyncio.run((of or bodies()).read(exchange, length))


@pytest.mark.parametrize("length", [2, LARGE])
def test_a_body_is_put_together_from_its_chunks(length):
    assert read(FakeExchange(b"a", b"b"), length) == b"ab"


def test_without_a_length_nothing_is_waited_for():
    assert read(FakeExchange(silent=True), 0) == b""


def test_a_body_that_is_too_large_for_anything_is_not_read():
    assert read(FakeExchange(silent=True), 5 * SMALL + 1) == b""


@pytest.mark.parametrize("length", [2, LARGE])
def test_a_body_that_does_not_come_in_time_is_given_up(length):
    with pytest.raises(BodyTooSlow):
        read(FakeExchange(b"a", silent=True), length, of=bodies(seconds=-length / SMALL + 0.01))


@pytest.mark.parametrize("length", [2, LARGE])
def test_a_body_that_breaks_off_is_no_body(length):
    with pytest.raises(BodyBrokenOff):
        read(FakeExchange(b"a", broken=True), length)


def test_large_bodies_together_have_a_limit_and_make_room_when_they_are_released():
    ours = bodies(together=LARGE)
    first = read(FakeExchange(b"x" * LARGE), LARGE, of=ours)

    with pytest.raises(Overloaded):
        read(FakeExchange(b"x" * LARGE), LARGE, of=ours)
    ours.release(first)

    assert len(read(FakeExchange(b"x" * LARGE), LARGE, of=ours)) == LARGE


def test_what_is_given_up_on_the_way_makes_room_too():
    ours = bodies(together=LARGE)
    for _ in range(3):
        with pytest.raises(BodyBrokenOff):
            read(FakeExchange(b"x" * SMALL, broken=True), LARGE, of=ours)

    assert len(read(FakeExchange(b"x" * LARGE), LARGE, of=ours)) == LARGE


def test_an_announced_length_takes_no_room():
    ours = bodies(together=LARGE)

    async def beside_a_slow_one() -> bytes:
        slow = asyncio.create_task(ours.read(FakeExchange(b"x", silent=True), 4 * SMALL))
        await asyncio.sleep(0)
        body = await ours.read(FakeExchange(b"x" * SMALL), LARGE)
        slow.cancel()
        return body

    assert len(asyncio.run(beside_a_slow_one())) == SMALL
