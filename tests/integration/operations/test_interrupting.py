"""Commands that are broken off while they are loaded, or whose output goes nowhere, end without a traceback."""

import os
import signal
import subprocess
import sys

import pytest

from tests.commands import ROOT


def interrupted(*command: str) -> tuple[int, str]:
    """The exit status and the stderr of a command that gets SIGINT when it is about to load the settings."""
    code = f"""
import os, runpy, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "config.settings":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["manage.py", *{command!r}]
runpy.run_path("manage.py", run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", ["where", "migrate"])
def test_ctrl_c_while_a_command_is_loaded_is_one_line(command):
    assert interrupted(command) == (128 + signal.SIGINT, "orderflow: interrupted\n")


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
