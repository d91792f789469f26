"""Settings are checked at start, with all errors at once."""

import environ
import pytest

from config.environment import Environment, WrongSettings
from config.validators import invoice_series


@pytest.fixture
def env(monkeypatch):
    values: dict[str, str] = {}
    monkeypatch.setattr(environ.Env, "ENVIRON", values)
    return values


def test_every_missing_and_every_wrong_setting_is_named_at_once(env):
    env |= {"SERIES": "A/B", "DEBUG": "maybe", "PARTITIONS": "0", "LOG_LEVEL": "LOUD"}
    settings = Environment()
    settings.required("SECRET_KEY")
    settings.string("SERIES", check=invoice_series)
    settings.flag("DEBUG")
    settings.number("PARTITIONS", 6, least=1)
    settings.choice("LOG_LEVEL", ("INFO", "DEBUG"), default="INFO")

    with pytest.raises(WrongSettings) as error:
        settings.check()

    for name in ("SECRET_KEY", "SERIES", "DEBUG", "PARTITIONS", "LOG_LEVEL"):
        assert name in str(error.value)


def test_a_value_may_start_with_a_dollar_sign(env):
    env["SECRET_KEY"] = "$ecret"

    assert Environment().required("SECRET_KEY") == "$ecret"


def test_lists_are_separated_by_commas(env):
    env["ALLOWED_HOSTS"] = "a.example, b.example,"

    assert Environment().strings("ALLOWED_HOSTS") == ["a.example", "b.example"]
    assert Environment().strings("NOT_SET", ["localhost"]) == ["localhost"]


@pytest.mark.parametrize(("text", "value"), [("", False), ("true", True), ("ON", True), ("0", False), ("No", False)])
def test_flags_are_read_as_people_write_them(env, text, value):
    env["DEBUG"] = text

    assert Environment().flag("DEBUG") is value


def test_what_is_wrong_is_repeated_unless_it_may_be_a_secret(env):
    env |= {"LOG_LEVEL": "LOUD\x1b[31m" + "x" * 1000, "PASSWORD": "hunter2\n"}
    settings = Environment()
    settings.choice("LOG_LEVEL", ("INFO",), default="INFO")
    settings.secret("PASSWORD")

    with pytest.raises(WrongSettings) as error:
        settings.check()

    assert r"LOG_LEVEL must be one of INFO, not 'LOUD\x1b[31m" in str(error.value)
    assert "hunter2" not in str(error.value)
    assert len(str(error.value)) < 300


def test_a_list_of_commas_alone_is_a_wrong_one(env):
    """It passed for one that was not set."""
    env["ALLOWED_HOSTS"] = " , "
    settings = Environment()
    settings.strings("ALLOWED_HOSTS", ["localhost"])

    with pytest.raises(WrongSettings, match="ALLOWED_HOSTS must have something between its commas"):
        settings.check()


def test_an_empty_setting_is_one_that_is_not_set(env):
    env |= {"PARTITIONS": "", "LEVEL": "", "NAME": ""}
    settings = Environment()

    assert settings.number("PARTITIONS", 6) == 6
    assert settings.choice("LEVEL", ("INFO",), default="INFO") == "INFO"
    assert settings.string("NAME", "INV") == "INV"
    settings.check()


@pytest.mark.parametrize("quoted", ['"Mugs Ltd"', "'Mugs Ltd'", '""', "''"])
def test_quotes_around_a_value_are_no_part_of_it_and_are_said_to_be_left_out(env, quoted):
    """Docker hands the quotes of an --env-file on: moby/moby#46773, docker/cli#3630, jef/streetmerchant#1059."""
    env |= {"INVOICE_ISSUER_NAME": quoted, "SECRET_KEY": quoted, "HOSTS": quoted, "FLAG": quoted}
    settings = Environment()
    settings.string("INVOICE_ISSUER_NAME")
    settings.required("SECRET_KEY")
    settings.strings("HOSTS")
    settings.flag("FLAG")

    with pytest.raises(WrongSettings) as error:
        settings.check()

    assert str(error.value).count("is in quotes, which would be part of it: leave them out") == 4
    assert "Mugs" not in str(error.value)


@pytest.mark.parametrize("name", ['"Mugs" and "Cups"', 'The "Mug"', '"', "'n Mug", "Mugs'"])
def test_quotes_that_are_part_of_a_value_stay(env, name):
    env |= {"INVOICE_ISSUER_NAME": name}
    settings = Environment()

    assert settings.string("INVOICE_ISSUER_NAME") == name
    settings.check()


def test_a_password_may_be_in_quotes(env):
    env |= {"KAFKA_SASL_PASSWORD": '"hunter2"'}
    settings = Environment()

    assert settings.secret("KAFKA_SASL_PASSWORD") == '"hunter2"'
    settings.check()


def test_of_a_setting_with_several_problems_the_first_is_named(env):
    settings = Environment()
    settings.report({"KAFKA_SASL_MECHANISM": "must be PLAIN"})
    settings.report({"KAFKA_SASL_MECHANISM": "is not set", "KAFKA_SASL_USERNAME": "is not set"})

    with pytest.raises(WrongSettings, match="settings: KAFKA_SASL_MECHANISM must be PLAIN; KAFKA_SASL_USERNAME is not"):
        settings.check()
