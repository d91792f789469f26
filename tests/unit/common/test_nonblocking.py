import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import timedelta

import pytest
from django.db import connection, transaction

from common.caching import RefreshingCache
from common.nonblocking import WouldBlock, about_to_block, nonblocking_context
from tests.event_loop import in_event_loop

pytestmark = pytest.mark.django_db(databases=[])


def query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def open_a_transaction() -> None:
    with transaction.atomic():
        pass


@pytest.mark.parametrize("touch", [query, open_a_transaction, about_to_block, lambda: transaction.on_commit(print)])
def test_what_would_wait_for_a_database_says_so(touch):
    with pytest.raises(WouldBlock):
        in_event_loop(touch)


def test_would_block_is_no_exception_that_code_on_the_way_could_catch():
    assert not issubclass(WouldBlock, Exception)


def test_outside_of_the_event_loop_the_connection_is_as_before():
    before = connection.settings_dict
    in_event_loop(lambda: None)

    about_to_block()
    assert connection.settings_dict is before


def test_where_no_event_loop_runs_there_is_no_such_context():
    """It would put the connection of the thread aside, for all that the thread does afterwards."""
    before = connection.settings_dict
    with pytest.raises(RuntimeError):
        nonblocking_context()

    assert connection.settings_dict is before


def test_copies_are_nonblocking_and_do_not_change_each_other():
    async def loop() -> Sequence[str]:
        context = nonblocking_context()
        mark: ContextVar[str] = ContextVar("mark", default="none")
        context.copy().run(mark.set, "mine")
        copy = context.copy()
        with pytest.raises(WouldBlock):
            copy.run(query)
        return [copy.run(mark.get), context.run(mark.get)]

    assert asyncio.run(loop()) == ["none", "none"]


def test_a_cache_gives_what_it_has_and_loads_nothing():
    loads: list[object] = []
    cache = RefreshingCache(lambda keys: loads.append(keys) or dict.fromkeys(keys, 1), timedelta(hours=1), 10)
    cache.get_many(["a"])

    assert in_event_loop(lambda: cache.get_many(["a"])) == {"a": 1}
    with pytest.raises(WouldBlock):
        in_event_loop(lambda: cache.get_many(["b"]))

    assert len(loads) == 1
    assert cache.get_many(["b"]) == {"b": 1}  # nobody waits for the load that was not begun
