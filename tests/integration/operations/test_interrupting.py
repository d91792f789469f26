"""Commands that are broken off while they are loaded, or whose output goes nowhere, end without a traceback."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from devstack.ports import free_port
from inventory.models import StockItem, StockMovement
from operations.cli.processes import stop_on_signals
from operations.management.commands import prune
from tests.commands import ROOT, database_url
from tests.waiting import wait_until


def interrupted(run: str) -> tuple[int, str]:
    """The exit status and the stderr of Python code that gets SIGINT when it is about to load the settings."""
    code = f"""
import os, runpy, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "config.settings":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
{run}
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", ["where", "migrate"])
def test_ctrl_c_while_a_command_is_loaded_is_one_line(command):
    run = f'sys.argv = ["manage.py", "{command}"]; runpy.run_path("manage.py", run_name="__main__")'

    assert interrupted(run) == (128 + signal.SIGINT, "orderflow: interrupted\n")


def test_ctrl_c_while_the_web_server_is_loaded_is_one_line():
    run = 'sys.argv = ["web"]; runpy.run_module("config.web", run_name="__main__")'

    assert interrupted(run) == (128 + signal.SIGINT, "orderflow: interrupted\n")


def test_ctrl_c_while_workers_are_loaded_ends_them_without_a_traceback():
    """A terminal sends it to all processes of the command."""
    with subprocess.Popen(
        [sys.executable, "-m", "config.web", "--port", str(free_port())],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        try:
            next(line for line in process.stdout if "Started parent process" in line)
            os.killpg(process.pid, signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
        finally:
            process.kill()

    assert (process.returncode, stderr) == (0, "")


def stopped_while_it_waits(*command: str) -> tuple[int, list[str]]:
    """The exit status and the lines on stderr of a command that gets SIGTERM while it waits for PostgreSQL."""
    with subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        try:
            next(line for line in process.stdout if '"waiting"' in line)
            process.terminate()
            _, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, stderr.splitlines()


@pytest.mark.parametrize("command", ["consume_orders", "relay_outbox"])
def test_draining_that_is_stopped_has_not_succeeded(command):
    """A script goes on after it as if nothing waited: marian-nmt/marian-dev#551, portpowered/you-agent-factory#1821."""
    status, (line,) = stopped_while_it_waits(command, "--drain")

    assert status == 1
    assert line.startswith("CommandError: stopped by a signal: not everything is ")


@pytest.mark.parametrize("command", ["consume_orders", "relay_outbox"])
def test_a_process_that_runs_until_it_is_stopped_ends_with_status_0(command):
    assert stopped_while_it_waits(command) == (0, [])


@pytest.mark.parametrize(
    ("signum", "said", "status"), [(signal.SIGTERM, "stopped by SIGTERM", 143), (signal.SIGINT, "interrupted", 130)]
)
def test_a_command_that_is_stopped_in_the_middle_says_what_holds(tmp_path, transactional_db, signum, said, status):
    StockItem.objects.create(sku="MUG")
    file = tmp_path / "stock.csv"
    file.write_text("document,sku,kind,quantity\nLS-1,MUG,receipt,5\n")
    with transaction.atomic():
        StockItem.objects.lock(["MUG"])  # for which the command waits
        with subprocess.Popen(
            [sys.executable, "manage.py", "import_stock", str(file)],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": database_url()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            wait_until(_somebody_waits_for_a_lock, within=60, what="it waits")
            process.send_signal(signum)
            stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout) == (status, "")
    assert stderr.startswith(f"CommandError: {said}: nothing was booked; or everything")
    assert not StockMovement.objects.exists()


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.timeout(20)
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_wait_stops_it(signum):
    """The handler waited for a lock that the code it had interrupted held, for ever (oxpull/django-ox#45)."""
    with stop_on_signals() as stopping:
        with stopping._cond:  # as `wait` does for an instant, which can't be met by chance
            signal.raise_signal(signum)

        assert stopping.wait(10)


@pytest.mark.django_db
def test_pruning_that_is_stopped_has_not_succeeded(monkeypatch):
    @contextmanager
    def stopped_at_once():
        stopping = threading.Event()
        stopping.set()
        yield stopping

    monkeypatch.setattr(prune, "stop_on_signals", stopped_at_once)

    with pytest.raises(CommandError, match="not everything that is due is deleted"):
        call_command("prune", "idempotency")


@pytest.mark.parametrize("command", ["diffsettings", "schema"])
def test_a_command_of_django_piped_into_head_ends_without_a_traceback(command):
    """Backblaze/B2_Command_Line_Tool#1071."""
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does when it has seen enough
    with open(writing, "wb") as closed_pipe:  # noqa: PTH123 - a pipe
        done = subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            stdout=closed_pipe,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_with_closed_streams_a_command_does_its_work(tmp_path, closed):
    file = tmp_path / "schema.json"
    done = subprocess.run(
        ["sh", "-c", f'"$0" manage.py schema --output "$1" {closed}', sys.executable, str(file)],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert file.read_text().startswith("{")
