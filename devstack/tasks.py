"""Commands that run once and end."""

from devstack.errors import DevstackError
from devstack.files import last_lines
from devstack.process import Command, Process
from devstack.registry import Registry


def run_task(command: Command, registry: Registry) -> None:
    """Run it to its end.

    Raises:
        DevstackError: it failed; the message has the end of its log.
    """
    process = Process(command, registry)
    process.start()
    try:
        status = process.wait()
    finally:
        process.stop(2)
    if status:
        raise DevstackError(f"{command.name} failed. Its log {command.log} ends with:\n{last_lines(command.log)}")


def run_for_output(command: Command, registry: Registry) -> str:
    """As `run_task`; returns what the command printed, which is kept out of the log: it may be secret."""
    if command.output is None:
        raise ValueError("the command says no file for its output")
    try:
        run_task(command, registry)
        return command.output.read_text(encoding="utf-8")
    finally:
        command.output.unlink(missing_ok=True)
