import asyncio
from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import REGISTRY

from serving.admission import AdmissionQueue
from serving.exceptions import Overloaded
from tests.clock import Clock


def queue(clock: Clock | None = None, *, timeout: float = 60.0, saturated: float = 60.0) -> AdmissionQueue:
    """A queue of one request in flight and two that wait."""
    return AdmissionQueue(
        max_in_flight=1, max_queued=2, timeout=timeout, timeout_when_saturated=saturated, clock=clock or Clock()
    )


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await scenario()

    asyncio.run(bounded())


async def entering(admission: AdmissionQueue) -> "asyncio.Task[None]":
    """A request that is in flight, or waits in the queue."""
    task = asyncio.create_task(admission.enter())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


def test_requests_that_wait_are_admitted_in_order():
    async def scenario() -> None:
        admission = queue()
        await admission.enter()
        second, third = await entering(admission), await entering(admission)
        assert not second.done()

        admission.leave()
        await second
        assert not third.done()
        admission.leave()
        await third

    run(scenario)


def test_it_is_measured_how_long_requests_waited_and_who_did_not_is_not_counted():
    def measured() -> list[float]:
        names = ("orderflow_request_queue_seconds_count", "orderflow_request_queue_seconds_sum")
        return [REGISTRY.get_sample_value(name) or 0.0 for name in names]

    async def scenario() -> None:
        clock = Clock()
        admission = queue(clock)
        await admission.enter()
        waiting = await entering(admission)
        clock.now += 0.25
        admission.leave()
        await waiting

    before = measured()
    run(scenario)

    assert [now - then for now, then in zip(measured(), before, strict=True)] == [1, pytest.approx(0.25)]


def test_a_queue_that_is_full_rejects_at_once():
    async def scenario() -> None:
        admission = queue()
        await admission.enter()
        waiting = [await entering(admission) for _ in range(2)]
        assert admission.is_full

        with pytest.raises(Overloaded):
            await admission.enter()
        admission.leave()
        await waiting[0]
        waiting[1].cancel()

    run(scenario)


def test_a_request_that_waited_too_long_is_rejected_and_its_place_is_free():
    async def scenario() -> None:
        admission = queue(timeout=0.01)
        await admission.enter()
        waiting = [await entering(admission) for _ in range(2)]
        for each in waiting:
            with pytest.raises(Overloaded):
                await each

        admission.leave()
        await admission.enter()

    run(scenario)


def test_in_a_queue_that_stands_nobody_waits_for_long():
    async def scenario() -> None:
        clock = Clock()
        admission = queue(clock, timeout=60.0, saturated=0.01)
        await admission.enter()
        first = await entering(admission)
        clock.now = 60.0
        with pytest.raises(Overloaded):
            await admission.enter()
        assert not first.done()
        first.cancel()

    run(scenario)


def test_a_queue_that_was_empty_gives_time_again():
    async def scenario() -> None:
        clock = Clock()
        admission = queue(clock, timeout=60.0, saturated=0.0)
        await admission.enter()
        first = await entering(admission)
        clock.now = 60.0
        admission.leave()
        await first

        second = await entering(admission)
        assert not second.done()
        second.cancel()

    run(scenario)


def test_a_queue_that_only_timed_out_still_stands():
    async def scenario() -> None:
        clock = Clock()
        admission = queue(clock, timeout=0.01, saturated=0.0)
        await admission.enter()
        with pytest.raises(Overloaded):
            await admission.enter()
        clock.now = 60.0

        with pytest.raises(Overloaded):
            await admission.enter()

    run(scenario)


def test_a_request_that_is_cancelled_in_the_queue_takes_no_place():
    async def scenario() -> None:
        admission = queue()
        await admission.enter()
        second, third = await entering(admission), await entering(admission)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)

        admission.leave()
        await third

    run(scenario)


def test_a_place_that_is_handed_to_a_request_at_the_moment_of_its_end_goes_on_to_the_next():
    async def scenario() -> None:
        admission = queue()
        await admission.enter()
        second, third = await entering(admission), await entering(admission)
        admission.leave()
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)

        await third

    run(scenario)
