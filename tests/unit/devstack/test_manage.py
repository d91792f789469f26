"""Commands of manage.py with the settings of `make run`."""

import sys

import pytest

from devstack.errors import DevstackError
from devstack.files import write_json
from devstack.home import Home
from devstack.manage import manage

SETTINGS = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_TOPIC_REPLICATION", "SECRET_KEY")
PRINT_SETTINGS = f"""
import os, sys
from pathlib import Path
Path("seen").write_text(" ".join([*(os.environ.get(name, "-") for name in {SETTINGS}), *sys.argv[1:]]))
sys.exit(3)
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A checkout whose manage.py writes down by which settings it was run."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("devstack.product.PYTHON", sys.executable)
    (tmp_path / "manage.py").write_text(PRINT_SETTINGS)
    return tmp_path


@pytest.fixture
def running(root):
    """What `make run --brokers 3` leaves behind for others."""
    home = Home(root / ".devstack")
    home.claim()
    home.secret("secret_key")
    servers = {"database_url": "postgres://own", "kafka_bootstrap_servers": "own:9092", "kafka_topic_replication": "3"}
    write_json(home.demo, servers)
    return home


def seen(root) -> list[str]:
    return (root / "seen").read_text().split(" ")


def test_a_command_has_the_settings_of_make_run_and_its_exit_status_is_told(root, running):
    """With another SECRET_KEY, say, an import would not know the orders whose customer was erased."""
    assert manage(root, ["where", "PO-1"]) == 3

    assert seen(root) == ["postgres://own", "own:9092", "3", running.secret("secret_key"), "where", "PO-1"]


def test_the_servers_of_the_environment_come_first(root, running, monkeypatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "other:9092")

    manage(root, ["doctor"])

    assert seen(root)[:3] == ["postgres://own", "other:9092", "-"]


def test_without_servers_it_is_said_what_to_do(root):
    with pytest.raises(DevstackError, match="start `make run` first"):
        manage(root, ["doctor"])
