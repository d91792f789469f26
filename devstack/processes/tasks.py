"""Running commands that end by themselves."""

from devstack.errors import DevstackError
from devstack.files import last_lines
from devstack.processes.command import Command
from devstack.processes.process import Process
from devstack.processes.registry import Registry


def run_task(command: Command, registry: Registry) -> None:
    """Run a command to its end.

    Raises:
        DevstackError: it failed; the message has the end of its log.
    """
    run_to_end(Process(command, registry))


def run_to_end(process: Process) -> None:
    """As `run_task`, for a process that another thread may end."""
    process.start()
    try:
        process.wait()
    finally:
        process.stop(2)
    require_success(process)


def require_success(process: Process) -> None:
    """Raises:
    DevstackError: the process, which has ended, failed; the message has the end of its log.
    """
    if process.exit_status:
        raise DevstackError(f"{process.name} failed. Its log {process.log} ends with:\n{last_lines(process.log)}")


def run_for_output(command: Command, registry: Registry) -> str:
    """As `run_task`; returns the command's standard output, which may be secret and is not in the log."""
    if command.output is None:
        raise ValueError("the command says no file for its output")
    try:
        run_task(command, registry)
        return command.output.read_text(encoding="utf-8")
    finally:
        command.output.unlink(missing_ok=True)
