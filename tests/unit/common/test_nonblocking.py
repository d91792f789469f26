from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from common.caching import RefreshingCache
from common.nonblocking import WouldBlock, about_to_block, nonblocking

pytestmark = pytest.mark.django_db(databases=[])


def query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def open_a_transaction() -> None:
    with transaction.atomic():
        pass


@pytest.mark.parametrize("touch", [query, open_a_transaction, about_to_block, lambda: transaction.on_commit(print)])
def test_what_would_wait_for_a_database_says_so(touch):
    with pytest.raises(WouldBlock), nonblocking():
        touch()


def test_it_is_no_error_that_somebody_on_the_way_could_answer():
    assert not issubclass(WouldBlock, Exception)


def test_outside_all_is_as_before():
    before = connection.settings_dict
    with nonblocking():
        pass

    about_to_block()
    assert connection.settings_dict is before


def test_no_connection_is_made_only_to_be_put_aside():
    """Django makes one for each context, as that of a request is; it takes a sixth of the time of the request."""

    def connections_made() -> Sequence[object]:
        with nonblocking():
            pass
        return connections.all(initialized_only=True)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(connections_made).result() == []


def test_a_cache_gives_what_it_has_and_loads_nothing():
    loads: list[object] = []
    cache = RefreshingCache(lambda keys: loads.append(keys) or dict.fromkeys(keys, 1), timedelta(hours=1), 10)
    cache.get_many(["a"])

    with nonblocking():
        assert cache.get_many(["a"]) == {"a": 1}
        with pytest.raises(WouldBlock):
            cache.get_many(["b"])

    assert len(loads) == 1
    assert cache.get_many(["b"]) == {"b": 1}  # nobody waits for the load that was not begun
