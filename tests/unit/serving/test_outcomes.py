import asyncio
import threading
from concurrent.futures import Future

from serving.outcomes import OutcomeWaiter


def test_an_outcome_of_another_thread_ends_the_wait():
    async def scenario() -> None:
        outcome: Future[int] = Future()
        waiting = asyncio.create_task(OutcomeWaiter(asyncio.get_running_loop()).wait(outcome, 30))
        await asyncio.sleep(0)
        threading.Thread(target=outcome.set_result, args=[1]).start()
        await asyncio.wait_for(waiting, 30)

    asyncio.run(scenario())


def test_an_outcome_that_was_there_before_ends_the_wait_at_once():
    async def scenario() -> None:
        outcome: Future[int] = Future()
        outcome.set_result(1)
        await asyncio.wait_for(OutcomeWaiter(asyncio.get_running_loop()).wait(outcome, 30), 30)

    asyncio.run(scenario())


def test_a_wait_ends_when_its_time_is_up():
    async def scenario() -> None:
        outcome: Future[int] = Future()
        await OutcomeWaiter(asyncio.get_running_loop()).wait(outcome, 0.01)
        assert not outcome.done()
        outcome.set_result(1)  # too late, and no error

    asyncio.run(scenario())


def test_outcomes_that_come_together_wake_the_loop_once(monkeypatch):
    wakes = 0

    async def scenario() -> None:
        nonlocal wakes
        loop = asyncio.get_running_loop()
        waiter = OutcomeWaiter(loop)
        outcomes: list[Future[int]] = [Future() for _ in range(10)]
        waiting = [asyncio.create_task(waiter.wait(outcome, 30)) for outcome in outcomes]
        await asyncio.sleep(0)
        wake = loop.call_soon_threadsafe

        def count(*arguments):
            nonlocal wakes
            wakes += 1
            return wake(*arguments)

        monkeypatch.setattr(loop, "call_soon_threadsafe", count)
        for outcome in outcomes:
            outcome.set_result(1)
        await asyncio.gather(*waiting)

    asyncio.run(scenario())

    assert wakes == 1
