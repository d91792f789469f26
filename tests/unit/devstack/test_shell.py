import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.__main__ import main
from devstack.errors import DevstackError
from devstack.postgres.server import Postgres
from devstack.shell import environment, run_in_foreground
from devstack.stack import new_stack
from tests.unit.devstack.programs import python

CHECKOUT = Path(__file__).resolve().parents[3]

# Runs a command that waits for SIGTERM, tells what it got, and ends with 7.
WAITING = """
import signal, sys
from pathlib import Path
from devstack.shell import run_in_foreground
from devstack.processes.signals import Stopped, stop_on_signals
from devstack.stack import new_stack
stop_on_signals()
try:
    run_in_foreground([sys.executable, "-c", sys.argv[2]], new_stack(Path(sys.argv[1])))
except Stopped as stopped:
    print("stopped by", stopped.signum, flush=True)
"""
COMMAND = """
import signal, sys, time
def stop(signum, frame):
    print("command got", signum, flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def stack(tmp_path):
    """A stack that is not running: nothing here connects to it."""
    return new_stack(tmp_path)


@pytest.mark.parametrize(("code", "status"), [("", 0), ("raise SystemExit(3)", 3)])
def test_the_status_is_the_commands(stack, code, status):
    assert run_in_foreground(python(code), stack) == status


def test_a_command_that_a_signal_ended_has_the_shells_status_for_it(stack):
    assert run_in_foreground(python("import os; os.kill(os.getpid(), 9)"), stack) == 128 + signal.SIGKILL


def test_the_command_gets_the_stacks_addresses_and_a_secret_key(stack, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://of-somebody-else/")

    given = environment(stack)

    assert given["DATABASE_URL"] == stack.postgres.admin_url
    assert given["KAFKA_BOOTSTRAP_SERVERS"] == stack.kafka.bootstrap_servers
    assert len(given["SECRET_KEY"]) >= 50


def test_a_command_that_is_not_there_is_a_clear_error(stack):
    with pytest.raises(DevstackError, match="no-such-program cannot be run"):
        run_in_foreground(["no-such-program"], stack)


def test_a_signal_is_passed_on_to_the_command_first(tmp_path):
    argv = [sys.executable, "-c", WAITING, tmp_path, COMMAND]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(CHECKOUT)}
    ) as run:
        assert run.stdout
        assert run.stdout.readline() == "ready\n"
        run.send_signal(signal.SIGTERM)
        assert run.stdout.read() == "command got 15\nstopped by 15\n"


def test_a_shell_without_a_command_is_refused_in_one_line(capsys):
    before = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    assert main(["shell", "--"]) == 1

    assert capsys.readouterr().err == "devstack: name a command to run: shell -- COMMAND…\n"
    for signum, handler in before.items():
        signal.signal(signum, handler)


def test_the_password_of_a_folder_stays_the_same(tmp_path):
    assert Postgres(tmp_path).password() == Postgres(tmp_path).password()
