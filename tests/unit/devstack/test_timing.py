import pytest

from devstack.make_run.timing import timed


@pytest.mark.parametrize(("seconds", "told"), [(2.0, []), (61.04, ["Kafka is ready: 61.0 s"])])
def test_only_what_took_long_is_told(seconds, told):
    said, times = [], iter([100.0, 100.0 + seconds])

    with timed(said.append, "Kafka is ready", lambda: next(times)):
        assert said == []

    assert said == told
