"""Names of folders that `make run` works in, or says at once that it does not."""

import os
import sys
from pathlib import Path

import pytest

from devstack import __main__ as devstack
from devstack import bootstrap
from devstack.bootstrap import UNUSABLE, problem_of_path
from devstack.errors import DevstackError
from devstack.kafka.broker import Kafka
from devstack.kafka.jars import class_path

# For Kafka's and PostgreSQL's data; Python, PostgreSQL and Java themselves are more particular.
USABLE = [
    "größe",
    "注文",
    "cafe\u0301",
    "a,b",
    "a b",
    "a:b",
    "a'b",
    'a"b',
    "100%",
    "a%41",
    "$HOME",
    "${java:x}",
    "a\\b",
]
USABLE += ["a`b", "a;b", "a[b]", "a#b", "wow!", "{a}", "a=b&c", "-a", "~", "*?", "a\u00a0b"]
NOT_UTF_8 = os.fsdecode(b"gr\xf6\xdfe")


@pytest.mark.parametrize("name", USABLE)
def test_data_may_be_in_a_folder_of_nearly_any_name(name):
    assert problem_of_path(Path("/home") / name / "orderflow") == ""


@pytest.mark.parametrize("name", [name for name in USABLE if not set(UNUSABLE) & set(name)])
def test_programs_may_be_in_a_folder_of_nearly_any_name(name):
    assert problem_of_path(Path("/home") / name, UNUSABLE) == ""


@pytest.mark.parametrize("letter", UNUSABLE)
def test_what_programs_cannot_cope_with_is_named_in_one_line_before_anything_is_installed(
    letter, tmp_path, monkeypatch
):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / f"a{letter}b" / ".venv")
    monkeypatch.setattr(sys, "argv", ["bootstrap.py"])

    with pytest.raises(SystemExit, match="rename or move the folder") as ended:
        bootstrap.main(tmp_path / "requirements.txt")

    assert f"because of {letter!r} in it" in ended.value.code
    assert "\n" not in ended.value.code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a\x1b[31mb", NOT_UTF_8])
@pytest.mark.parametrize("action", ["run", "test", "shell"])
def test_names_that_nothing_copes_with_are_told_in_one_line_before_anything_is_started(
    name, action, tmp_path, monkeypatch
):
    monkeypatch.setattr(devstack, "ROOT", tmp_path / name)

    with pytest.raises(DevstackError, match="nothing can run in") as error:
        devstack.act(devstack.parser().parse_args([action]))

    assert str(error.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_a_cache_whose_name_java_would_take_for_two_folders_is_named(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/a:b")

    with pytest.raises(DevstackError, match=r"/a:b.* has a colon: set XDG_CACHE_HOME"):
        class_path()


@pytest.mark.parametrize("name", USABLE)
def test_no_argument_or_setting_of_kafka_has_the_name_of_its_folder_in_it(name, tmp_path):
    kafka = Kafka(tmp_path / name / "kafka")

    assert [argument for argument in kafka.command().argv if name in argument] == []
    assert [value for value in kafka.settings(Path("data")).values() if name in value] == []
    assert kafka.command().folder == kafka.folder


def test_kafka_s_java_takes_no_options_from_whoever_starts_it(tmp_path, monkeypatch):
    for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"):
        monkeypatch.setenv(name, "-Xlog:gc:file=/tmp/gc.log")

    given = os.environ | dict(Kafka(tmp_path).command().environment)

    assert [name for name, value in given.items() if "gc.log" in value] == []
