"""Small Python programs for tests, and functions that observe them."""

import sys

import psutil

from devstack.processes import tree
from devstack.processes.process import Process

SLEEP = "import time; print('ready', flush=True); time.sleep(600)"

# Ends only by SIGKILL.
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP

# Starts a child in a session of its own, and tells its pid.
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True, stdout=subprocess.PIPE)
child.stdout.readline()
print("child", child.pid, flush=True)
child.wait()
"""


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def said(process: Process, word: str) -> bool:
    return process.log.exists() and word in process.log.read_text()


def child_pid(process: Process) -> int:
    return int(process.log.read_text().split("child ")[1].split()[0])


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or not tree.is_alive(psutil.Process(pid))
