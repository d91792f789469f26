"""What the commands that run once and report have in common."""

import logging
import os
import sys
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from common.postgres import is_outage, sqlstate
from inventory.exceptions import InventoryError
from messaging.publisher import stop_background
from orders.exceptions import OrdersError

_INTERRUPTED = 130  # the exit status of what Ctrl-C ended: 128 + SIGINT
_NOT_MIGRATED = ("42P01", "42703")  # undefined table, undefined column


class ReportingCommand(BaseCommand):
    """Says what it did on stdout, everything else on stderr, and foreseeable errors in one line."""

    def run_from_argv(self, argv: list[str]) -> None:
        _log_to_stderr()
        try:
            super().run_from_argv(argv)
        finally:
            stop_background()

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            output = super().execute(*args, **options)
            self.stdout.flush()
        except BrokenPipeError:
            _forget_stdout()
            sys.exit(1)
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=_INTERRUPTED) from None
        except (OrdersError, InventoryError, OSError) as error:
            raise CommandError(_one_line(error)) from error
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(_database_problem(error)) from error
        return output


def _log_to_stderr() -> None:
    """Keep stdout for the report, which may be JSON for another program."""
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.stderr))
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)


def _forget_stdout() -> None:
    """Nobody reads any more: keep Python from failing once again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _database_problem(error: Exception) -> str:
    if sqlstate(error) in _NOT_MIGRATED:
        return "the database is not migrated: manage.py migrate"
    return f"PostgreSQL does not answer: {_one_line(error)}" if is_outage(error) else _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
