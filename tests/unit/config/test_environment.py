"""Settings are checked at start, and everything that is wrong is said at once."""

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment


@pytest.fixture
def env(monkeypatch):
    values: dict[str, str] = {}
    monkeypatch.setattr(environ.Env, "ENVIRON", values)
    return values


def test_every_missing_and_every_wrong_setting_is_named_at_once(env):
    env |= {"DATABASE_URL": "sqlite:///x", "DEBUG": "maybe", "PARTITIONS": "0", "LOG_LEVEL": "LOUD"}
    settings = Environment()
    settings.required("SECRET_KEY")
    settings.database("DATABASE_URL")
    settings.flag("DEBUG")
    settings.number("PARTITIONS", 6, least=1)
    settings.choice("LOG_LEVEL", ("INFO", "DEBUG"), default="INFO")

    with pytest.raises(ImproperlyConfigured) as error:
        settings.check()

    for name in ("SECRET_KEY", "DATABASE_URL", "DEBUG", "PARTITIONS", "LOG_LEVEL"):
        assert name in str(error.value)


def test_a_value_may_start_with_a_dollar_sign(env):
    env["SECRET_KEY"] = "$ecret"

    assert Environment().required("SECRET_KEY") == "$ecret"


def test_lists_are_separated_by_commas(env):
    env["ALLOWED_HOSTS"] = "a.example, b.example,"

    assert Environment().strings("ALLOWED_HOSTS") == ["a.example", "b.example"]
    assert Environment().strings("NOT_SET", ["localhost"]) == ["localhost"]


def test_networks_are_read_and_every_wrong_one_is_named(env):
    env |= {"PROXIES": "192.0.2.7, 10.0.0.0/8, 2001:db8::/48", "WRONG": "10.0.0.1/8, proxy.example, 10.0.0.0/99"}
    settings = Environment()

    assert [str(network) for network in settings.networks("PROXIES")] == ["192.0.2.7/32", "10.0.0.0/8", "2001:db8::/48"]

    settings.networks("WRONG")
    with pytest.raises(ImproperlyConfigured, match=r"WRONG: .*10\.0\.0\.1/8.*WRONG: .*proxy\.example.*WRONG: .*/99"):
        settings.check()


@pytest.mark.parametrize(
    ("text", "rate"), [("", None), ("100/s", (100, 1)), ("6000/min", (6000, 60)), ("1/h", (1, 3600))]
)
def test_rates_are_a_number_in_a_time(env, text, rate):
    env["LIMIT"] = text

    assert Environment().rate("LIMIT") == rate


@pytest.mark.parametrize(
    "text", ["0/s", "100", "100/day", "1.5/s", "-1/s", "\u0661/s", "100 /s", "9" * 9 + "/s", "1/s\n"]
)
def test_a_rate_that_is_none_is_named(env, text):
    env["LIMIT"] = text
    settings = Environment()

    settings.rate("LIMIT")

    with pytest.raises(ImproperlyConfigured, match="LIMIT"):
        settings.check()


@pytest.mark.parametrize(("text", "value"), [("", False), ("true", True), ("ON", True), ("0", False), ("No", False)])
def test_flags_are_read_as_people_write_them(env, text, value):
    env["DEBUG"] = text

    assert Environment().flag("DEBUG") is value


def test_a_database_url_becomes_djangos_settings(env):
    env["DATABASE_URL"] = "postgres://user:p%40ss@db.example:5433/orders"

    database = Environment().database("DATABASE_URL")

    assert (database["USER"], database["PASSWORD"], database["HOST"], database["PORT"], database["NAME"]) == (
        "user",
        "p@ss",
        "db.example",
        5433,
        "orders",
    )
