"""The base classes of commands: their output is escaped for terminals, and expected errors are one line."""

import logging
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

import structlog
from django.core.management.base import BaseCommand as DjangoCommand
from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db import DatabaseError, InterfaceError

from common.database_problems import database_problem
from common.errors import OrderflowError
from common.printing import printable
from common.streams import INTERRUPTED, TERMINATED, LogStream, forget_stdout
from messaging.outbox.publisher import stop_background
from operations.cli.arguments import ArgumentParser

_INTERRUPTED = ("interrupted", INTERRUPTED)
_EXPECTED = (OrderflowError, OSError)


class BaseCommand(DjangoCommand):
    """A command whose output is escaped for terminals, and that prints an expected error as one line on stderr.

    Attributes:
        when_stopped: what holds once the command was stopped in the middle by a signal.
    """

    when_stopped = ""

    def __init__(self, stdout: TextIO | None = None, stderr: TextIO | None = None, **options: Any) -> None:
        super().__init__(stdout, stderr, **options)
        self._write_to(stdout or sys.stdout, stderr or sys.stderr)

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **options)
        parser.__class__ = ArgumentParser  # Django lets nobody choose it
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        self._write_to(options.pop("stdout", None), options.pop("stderr", None))
        try:
            output = super().execute(*args, **options)
            self.stdout.flush()
        except BrokenPipeError:
            forget_stdout()
            sys.exit(1)
        except KeyboardInterrupt as stopped:
            raise self._stopped(stopped) from None
        except CommandError as error:
            raise CommandError(printable(str(error)), returncode=error.returncode) from error
        except _EXPECTED as error:
            raise CommandError(_one_line(error)) from error
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(printable(database_problem(error))) from error
        return output

    def _stopped(self, stopped: KeyboardInterrupt) -> CommandError:
        said, returncode = ("stopped by SIGTERM", TERMINATED) if isinstance(stopped, _Terminated) else _INTERRUPTED
        return CommandError(": ".join(filter(None, (said, self.when_stopped))), returncode=returncode)

    def _write_to(self, stdout: TextIO | None, stderr: TextIO | None) -> None:
        if stdout:
            self.stdout = _TerminalOutput(stdout)
        if stderr:
            style = self.stderr.style_func
            self.stderr = _TerminalOutput(stderr)
            self.stderr.style_func = style


class ReportingCommand(BaseCommand):
    """A command that runs once and writes only its result to stdout, which may be JSON for another program."""

    def run_from_argv(self, argv: list[str]) -> None:
        signal.signal(signal.SIGTERM, _terminate)
        _log_to_stderr()
        try:
            super().run_from_argv(argv)
        finally:
            stop_background()


class _Terminated(KeyboardInterrupt):
    """SIGTERM came, which ends a command as Ctrl-C does."""


def _terminate(*_: object) -> NoReturn:
    raise _Terminated


class _TerminalOutput(OutputWrapper):
    """An output that escapes all characters except line ends and printable ones."""

    def write(  # type: ignore[override] # as Django's, which is not that of its base either
        self, msg: str = "", style_func: Callable[[str], str] | None = None, ending: str | None = None
    ) -> None:
        super().write(printable(msg, keep="\n"), style_func, ending)


def _log_to_stderr() -> None:
    stream = LogStream(sys.stderr)
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(stream))  # type: ignore[arg-type]
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # the command prints errors itself, in one line


def _one_line(error: Exception) -> str:
    """What an error says; of one of the operating system the file and the reason, without its number."""
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    return printable(" ".join(text.split()))
