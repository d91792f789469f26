import os
import socket
import stat
import subprocess
import sys

import pytest

from devstack.errors import DevstackError
from devstack.home import Home
from devstack.make_run.chosen_ports import metrics_ports, require_free, web_port
from devstack.ports import is_free
from tests.unit.devstack.programs import is_gone
from tests.waiting import wait_until

HOLDER = """
import sys, time
from pathlib import Path
from devstack.home import Home
Home(Path(sys.argv[1])).claim()
print("claimed", flush=True)
time.sleep(600)
"""


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / ".devstack")
    home.claim()
    return home


def test_a_second_run_is_refused_by_naming_the_first(home):
    with pytest.raises(DevstackError, match=f"already running here \\(process {os.getpid()}\\)"):
        Home(home.folder).claim()


def test_the_claim_dies_with_its_holder(tmp_path):
    folder = tmp_path / ".devstack"
    with subprocess.Popen([sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(DevstackError):
            Home(folder).claim()
        holder.kill()
    wait_until(lambda: is_gone(holder.pid))

    Home(folder).claim()


def test_a_port_in_use_is_named_with_what_to_do(listener):
    with pytest.raises(DevstackError, match=f"port {listener} .*in use.*PORT={listener + 1}"):
        require_free(listener)


def test_the_web_port_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    assert web_port() == 8000
    monkeypatch.setenv("PORT", "9001")
    assert web_port() == 9001


@pytest.mark.parametrize("given", ["http", "0", "65536", "-1", "8000.5", "²"])
def test_a_web_port_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("PORT", given)

    with pytest.raises(DevstackError, match="no port"):
        web_port()


# prometheus/client_python#667, RocketChat/Rocket.Chat#18125: one setting for all processes, of which the second finds
# the port taken.
def test_each_process_has_a_metrics_port_of_its_own_from_the_exported_one_on(monkeypatch):
    monkeypatch.setenv("METRICS_PORT", "9101")

    assert metrics_ports(["web", "orders", "inventory", "relay"]) == {"orders": 9101, "inventory": 9102, "relay": 9103}


@pytest.mark.parametrize("given", [None, "", "0"])
def test_without_a_metrics_port_there_are_none(monkeypatch, given):
    if given is None:
        monkeypatch.delenv("METRICS_PORT", raising=False)
    else:
        monkeypatch.setenv("METRICS_PORT", given)

    assert metrics_ports(["web", "orders", "relay"]) == {}


@pytest.mark.parametrize(
    ("given", "said"), [("http", "no port"), ("65536", "no port"), ("65535", "orders, relay take one each")]
)
def test_metrics_ports_that_are_none_are_refused(monkeypatch, given, said):
    monkeypatch.setenv("METRICS_PORT", given)

    with pytest.raises(DevstackError, match=said):
        metrics_ports(["web", "orders", "relay"])


def test_a_server_keeps_its_port_from_run_to_run(home):
    assert home.port("kafka") == Home(home.folder).port("kafka")


def test_a_port_that_somebody_took_is_replaced(home):
    before = home.port("kafka")
    with socket.create_server(("127.0.0.1", before)):
        after = home.port("kafka")

    assert after != before
    assert is_free(after)


def test_secrets_are_random_kept_and_private(home, tmp_path):
    other = Home(tmp_path / "other")
    other.claim()

    assert home.secret("admin_password") == Home(home.folder).secret("admin_password")
    assert home.secret("admin_password") != other.secret("admin_password")
    assert stat.S_IMODE((home.folder / "secrets.json").stat().st_mode) == 0o600


def test_deleting_leaves_nothing(home):
    (home.logs / "web.log").write_text("x")

    home.delete()

    assert not home.folder.exists()
