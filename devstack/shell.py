"""`devstack shell -- COMMAND…`: run a command with a stack of its own."""

import os
import secrets
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from devstack.console import Say
from devstack.ephemeral import ephemeral_stack
from devstack.errors import DevstackError
from devstack.processes.signals import Stopped, ignoring_interrupts
from devstack.stack import Stack

GRACE_SECONDS = 10


def run_with_stack(root: Path, command: Sequence[str], *, durable: bool, say: Say) -> int:
    """Run the command in the foreground, with the addresses of an ephemeral stack in its environment.

    Returns its exit status, 128 + n if signal n ended it.
    """
    with ephemeral_stack(root, durable=durable, say=say) as stack:
        say(f"Running: {' '.join(command)}")
        return run_in_foreground(command, stack)


def run_in_foreground(command: Sequence[str], stack: Stack) -> int:
    """As `run_with_stack`, on a running stack."""
    try:
        child = subprocess.Popen(command, env=environment(stack))
    except OSError as error:
        raise DevstackError(f"{command[0]} cannot be run: {error}") from error
    try:
        with ignoring_interrupts():
            status = child.wait()
    except Stopped as stopped:
        _end(child, stopped.signum)
        raise
    return status if status >= 0 else 128 - status


def environment(stack: Stack) -> dict[str, str]:
    """The environment of this process, the stack's addresses, and a secret key unless there is one."""
    own = {"SECRET_KEY": secrets.token_urlsafe(48), **os.environ}
    return {**own, **stack.environment, **stack.owner_marks, "DEVSTACK_FOLDER": str(stack.postgres.folder.parent)}


def _end(child: subprocess.Popen[bytes], signum: int) -> None:
    child.send_signal(signum)
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()
