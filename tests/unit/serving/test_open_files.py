import resource

import pytest

from serving.exceptions import TooFewOpenFiles
from serving.open_files import allow_open_files


@pytest.fixture
def limit():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda soft: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised(limit):
    limit(256)
    allow_open_files(300)

    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 300


def test_a_limit_that_is_high_enough_stays(limit):
    limit(400)
    allow_open_files(300)

    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 400


def test_a_hard_limit_that_is_too_low_is_named(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 200))

    with pytest.raises(TooFewOpenFiles, match="needs 300 open files and may have 200"):
        allow_open_files(300)
