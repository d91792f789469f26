import pytest

from devstack.errors import DevstackError
from devstack.home import Home
from devstack.make_run.demo import Account, known_account, remember_account


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home = Home(tmp_path / ".devstack")
    home.claim()
    return home


def test_before_the_first_run_no_account_is_known(home):
    assert known_account(home) is None


def test_what_load_demo_printed_is_known_from_then_on(home):
    remember_account(home, 'a line of log\n{"admin_user": "admin", "api_token": "t"}\n')

    assert known_account(home) == Account("admin", "t")


def test_another_database_needs_a_demo_of_its_own(home, monkeypatch):
    remember_account(home, '{"admin_user": "admin", "api_token": "t"}')

    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/orderflow")

    assert known_account(home) is None


@pytest.mark.parametrize("printed", ["", "done\n", "[]", '{"admin_user": "admin"}'])
def test_a_demo_without_log_ins_does_not_count_as_loaded(home, printed):
    with pytest.raises(DevstackError, match="log-ins"):
        remember_account(home, printed)

    assert known_account(home) is None
