"""The parser of command-line arguments, and their types, which are parsed like fields of the API."""

import getpass
import os
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db.models import BigIntegerField
from django.utils import timezone

from common.fields import parse_tax_rate, parse_text64
from common.printing import printable
from common.text import parse_text
from common.timestamps import parse_timestamp
from inventory.models import MAX_ON_HAND

T = TypeVar("T")

_WRONG_ARGUMENTS = 2  # the exit status, as argparse has it
_MOST_SECONDS = 999_999_999


class ArgumentParser(CommandParser):
    """A parser that says in one line what is wrong, without the usage, which may be much longer."""

    def error(self, message: str) -> NoReturn:
        """End the process; raise CommandError where the command was called by Python."""
        if self.called_from_command_line:
            self.exit(_WRONG_ARGUMENTS, printable(f"{self.prog}: error: {message} (see --help)") + "\n")
        raise CommandError(f"Error: {message}")


def path(text: str) -> Path:
    if not text:
        raise ArgumentTypeError("must be the name of a file")
    return Path(text)


def text(text: str) -> str:
    return _parsed(parse_text64, text)


def reason(text: str) -> str:
    """A reason of up to 500 characters, as dead letters have."""
    return _parsed(partial(parse_text, max_length=500), text)


def tax_rate(text: str) -> Decimal:
    return _parsed(parse_tax_rate, text)


def whole_number(text: str, *, least: int = 0, most: int) -> int:
    """A number in digits: `int` takes 1_0 for 10, a minus, and the digits of all scripts."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise ArgumentTypeError(f"must be a whole number from {least} to {most}")
    return int(text)


def units(text: str) -> int:
    """A number of units in stock."""
    return whole_number(text, most=MAX_ON_HAND)


def seconds(text: str) -> int:
    """A number of seconds, up to thirty years: `timedelta` and times of PostgreSQL end somewhere."""
    return whole_number(text, most=_MOST_SECONDS)


def row_id(text: str) -> int:
    """The number of a row, as a list of them begins its lines with."""
    return whole_number(text, least=1, most=BigIntegerField.MAX_BIGINT)


def order_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError("must be the id of an order, a UUID") from None


def past_timestamp(text: str) -> datetime:
    """A time that is not yet to come; one that is would leave out all that there is, as if all were well."""
    if (time := _parsed(parse_timestamp, text)) > timezone.now():
        raise ArgumentTypeError("must not be yet to come")
    return time


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def add_action(actions: Any, name: str, does: str) -> CommandParser:
    """Add a sub-command; `does` is its help and description."""
    parser: CommandParser = actions.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
    return parser


def user() -> str:
    """The name of the system user who runs the command, or their uid where there is no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
