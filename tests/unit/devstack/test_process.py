import signal
import stat

import psutil
import pytest

from devstack.errors import DevstackError
from devstack.processes import tree
from devstack.processes.command import Command
from devstack.processes.process import Process
from tests.unit.devstack.programs import PARENT, STUBBORN, child_pid, is_gone, said
from tests.waiting import wait_until


def started(process):
    process.start()
    wait_until(lambda: said(process, "ready") or said(process, "child"))
    return process


def test_stop_asks_first(make_process):
    process = started(make_process())

    process.stop()

    assert process.exit_status == -signal.SIGTERM


def test_stop_kills_what_does_not_listen(make_process):
    process = started(make_process(STUBBORN))

    process.stop(0.1)

    assert process.exit_status == -signal.SIGKILL


def test_stop_ends_a_frozen_process(make_process):
    process = started(make_process())
    process.pause()

    process.stop()

    assert process.exit_status == -signal.SIGTERM


def test_kill_takes_the_descendants_along(make_process):
    process = started(make_process(PARENT))

    process.kill()

    assert is_gone(child_pid(process))


def test_a_child_that_came_while_it_was_being_killed_is_ended_too(make_process, monkeypatch):
    process = started(make_process(PARENT))
    monkeypatch.setattr(process, "family", lambda: set(tree.family(process.pid)[:1]))

    process.kill()

    assert is_gone(child_pid(process))


def test_descendants_that_outlived_a_crash_are_found_and_ended(make_process):
    process = started(make_process(PARENT))
    psutil.Process(process.pid).kill()
    process.wait()
    assert not is_gone(child_pid(process))

    process.stop()

    assert is_gone(child_pid(process))


def test_pause_freezes_and_resume_goes_on(make_process):
    process = started(make_process())
    child = psutil.Process(process.pid)

    process.pause()
    wait_until(lambda: child.status() == psutil.STATUS_STOPPED)

    process.resume()
    wait_until(lambda: child.status() != psutil.STATUS_STOPPED)


def test_a_process_can_be_started_again(make_process):
    process = started(make_process())
    process.stop()

    process.start()

    assert process.is_running


def test_a_program_that_is_not_there_is_a_clear_error(tmp_path):
    process = Process(Command("web", ("no-such-program",), tmp_path / "web.log"))

    with pytest.raises(DevstackError, match=r"web cannot be started.*no-such-program"):
        process.start()


def test_output_that_may_be_secret_goes_to_a_private_file_and_not_to_the_log(make_process, tmp_path):
    answer = tmp_path / "answer"
    process = make_process("print(input())", text="secret\n", output=answer)

    process.start()

    assert process.wait() == 0
    assert answer.read_text() == "secret\n"
    assert stat.S_IMODE(answer.stat().st_mode) == 0o600
    assert not said(process, "secret")
