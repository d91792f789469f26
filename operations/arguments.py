"""Arguments of commands, checked by the rules of the API; argparse names the argument that is wrong."""

import getpass
import os
from argparse import ArgumentTypeError
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from api.exceptions import Invalid
from api.fields import Text64, parse_tax_rate
from api.validation import parse
from inventory.models import MAX_ON_HAND


def path(text: str) -> Path:
    if not text:
        raise ArgumentTypeError("must be the name of a file")
    return Path(text)


def text(text: str) -> str:
    """1 to 64 characters, none of them a control character."""
    try:
        return parse(text.strip(), Text64)
    except Invalid as invalid:
        raise ArgumentTypeError(invalid.errors[0].detail) from None


def reason(text: str) -> str:
    """1 to 500 characters that can be printed: what a dead letter has room for."""
    if not (0 < len(text.strip()) <= 500 and text.isprintable()):
        raise ArgumentTypeError("must be 1 to 500 characters, all of which can be printed")
    return text.strip()


def tax_rate(text: str) -> Decimal:
    try:
        return parse_tax_rate(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def units(text: str) -> int:
    """Units of something in stock."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 16 and int(text) <= MAX_ON_HAND):
        raise ArgumentTypeError(f"must be a whole number from 0 to {MAX_ON_HAND}")
    return int(text)


def seconds(text: str) -> float:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ArgumentTypeError("must be a whole number of seconds")
    return int(text)


def add_action(actions: Any, name: str, does: str) -> CommandParser:
    """A sub-command of a command, which says what it does in the help of both."""
    parser: CommandParser = actions.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
    return parser


def user() -> str:
    """The name of who runs the command; a number where there is no name for it, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
