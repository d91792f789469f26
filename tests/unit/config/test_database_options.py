"""Options of connections: what the URL asks for wins, and takes nothing else away."""

import pytest

from config.database_options import database_options


def sessions(options):
    """The session settings of options; the last value of a setting counts."""
    return dict(word.split("=") for word in options["options"].split() if word != "-c")


def test_without_wishes_every_wait_has_its_limit():
    options = database_options({})

    assert 0 < options["connect_timeout"] <= 5
    assert options["keepalives"] == 1
    assert options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"] < 15
    assert 0 < options["tcp_user_timeout"] < 15_000
    limits = {name: int(value) for name, value in sessions(options).items()}
    assert 0 < limits["lock_timeout"] < limits["statement_timeout"] < limits["idle_in_transaction_session_timeout"]
    assert 0 < limits["tcp_user_timeout"] < 15_000


@pytest.mark.parametrize("asked", ["-c search_path=orders", "-csearch_path=orders", "--search_path=orders"])
def test_settings_of_sessions_in_the_url_take_no_limit_away(asked):
    options = database_options({"options": asked})

    assert options["options"].endswith(f" {asked}")
    assert sessions(options).keys() >= sessions(database_options({})).keys()


def test_a_limit_in_the_url_is_the_one_that_counts():
    assert sessions(database_options({"options": "-c lock_timeout=300"}))["lock_timeout"] == "300"


def test_an_option_of_libpq_in_the_url_is_the_one_that_counts_and_the_others_stay():
    options = database_options({"tcp_user_timeout": 60_000, "sslmode": "require"})

    assert (options["tcp_user_timeout"], options["sslmode"]) == (60_000, "require")
    assert options.keys() >= database_options({}).keys()
