import asyncio

from serving.loop_turns import LoopTurns


def test_so_many_turns_are_given_in_an_iteration_in_the_order_in_which_they_were_asked_for():
    async def scenario() -> list[list[int]]:
        turns = LoopTurns(asyncio.get_running_loop(), per_iteration=2)
        given: list[int] = []
        seen: list[list[int]] = []

        async def work(number: int) -> None:
            await turns.take()
            given.append(number)

        working = [asyncio.create_task(work(number)) for number in range(5)]
        while len(given) < 5:
            await asyncio.sleep(0)
            if given and (not seen or seen[-1] != given):
                seen.append([*given])
        await asyncio.gather(*working)
        return seen

    assert asyncio.run(scenario()) == [[0, 1], [0, 1, 2, 3], [0, 1, 2, 3, 4]]


def test_a_coroutine_that_gave_up_takes_no_turn_from_others():
    async def scenario() -> None:
        turns = LoopTurns(asyncio.get_running_loop(), per_iteration=1)
        first = asyncio.create_task(turns.take())
        second = asyncio.create_task(turns.take())
        await asyncio.sleep(0)
        first.cancel()
        async with asyncio.timeout(30):
            await second

    asyncio.run(scenario())
