"""The product's set-up as devstack follows it, by stubs of manage.py."""

import json

import pytest

from devstack.errors import DevstackError
from devstack.home import Home
from devstack.make_run.setup import Setup
from devstack.stack import start_together
from tests.unit.devstack.programs import is_gone
from tests.waiting import wait_until

RESULT = json.dumps({"admin_user": "admin", "api_token": "secret"})
GOOD = f"print('Migrating'); print('Migrating: 3.0 s'); print({RESULT!r})"
BAD = "import sys; print('Migrating'); sys.exit('CommandError: PostgreSQL does not answer')"
ENDLESS = "import time; print('Migrating', flush=True); time.sleep(600)"


@pytest.fixture
def setup(tmp_path, registry, monkeypatch):
    """A function that makes the set-up with a manage.py of one line; the second value has the printed lines."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home, said = Home(tmp_path / ".devstack"), []
    home.claim()

    def make(code):
        (tmp_path / "manage.py").write_text(code)
        return Setup(tmp_path, home, registry, {}, said.append), said

    return make


def test_what_it_does_is_told_but_no_secret(setup, tmp_path):
    unit, said = setup(GOOD)

    start_together([unit])

    assert said == ["Migrating", "Migrating: 3.0 s"]
    assert unit.account().api_token == "secret"
    assert not list((tmp_path / ".devstack").glob("*.out"))


def test_the_demo_is_loaded_once(setup):
    unit, _ = setup("import sys; assert '--demo' in sys.argv; " + GOOD)
    start_together([unit])

    again, _ = setup("import os, sys; assert '--demo' not in sys.argv and 'DEMO_ADMIN_PASSWORD' not in os.environ")
    start_together([again])

    assert again.account() == unit.account()


def test_a_failure_is_told_with_the_end_of_its_log_and_leaves_no_output(setup, tmp_path):
    unit, said = setup(BAD)

    with pytest.raises(DevstackError, match=r"manage.py prepare failed.*\nCommandError: PostgreSQL does not answer"):
        start_together([unit])

    assert said == ["Migrating"]
    assert not list((tmp_path / ".devstack").glob("*.out"))


def test_it_ends_with_the_others_when_one_of_them_fails(setup):
    unit, said = setup(ENDLESS)

    class Broken:
        title = "Kafka"

        def install(self, say):
            """Nothing to fetch."""

        def start(self):
            """Starts."""

        def wait_ready(self):
            wait_until(lambda: said == ["Migrating"])
            raise DevstackError("kafka ended at once")

        def stop(self, seconds=None):
            """Ended already."""

    with pytest.raises(DevstackError, match="kafka ended at once"):
        start_together([unit, Broken()])

    assert is_gone(unit.process.pid)
