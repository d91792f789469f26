"""Reading the environment, with every problem reported at once."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

from config import validators

T = TypeVar("T")
_SHOWN = 60  # characters of a wrong value that an error repeats
# Docker's --env-file hands them on with the value, compose and shells take them off.
_IN_QUOTES = re.compile(r"""(["'])((?!\1).)*\1""", re.DOTALL)


class WrongSettings(SystemExit, ImproperlyConfigured):
    """Settings are missing or wrong; the message names them all, and no secret.

    A SystemExit too, so that whatever imports the settings ends with this line and status 1 instead of a traceback.
    """


class Environment:
    """django-environ, except that problems are collected and raised together by `check`. An empty value is no value."""

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}

    def required(self, name: str) -> str:
        """A secret that there must be."""
        return self.parsed(name, validators.secret, "", required=True, secret=True)

    def secret(self, name: str) -> str:
        """A text that no error repeats. A password that others chose may have quotes at both ends."""
        return self.parsed(name, validators.secret, "", secret=True, may_be_in_quotes=True)

    def string(self, name: str, default: str = "", *, check: Callable[[str], str] = validators.text) -> str:
        return self.parsed(name, check, default)

    def strings(
        self, name: str, default: list[str] | None = None, *, check: Callable[[str], str] = validators.text
    ) -> list[str]:
        """A comma-separated list, each of whose items is checked."""

        def parse(value: str) -> list[str]:
            items = [item for text in environ.Env.parse_value(value, list) if (item := text.strip())]
            if not items:
                raise ValueError("must have something between its commas")
            return list(map(check, items))

        return self.parsed(name, parse, list(default or []))

    def flag(self, name: str, *, default: bool = False) -> bool:
        return self.parsed(name, validators.flag, default)

    def number(self, name: str, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
        return self.parsed(name, validators.number(least, most), default)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of `choices`, whatever its case."""
        return self.parsed(name, validators.choice(*choices), default)

    def parsed(
        self,
        name: str,
        parse: Callable[[str], T],
        default: T,
        *,
        required: bool = False,
        secret: bool = False,
        may_be_in_quotes: bool = False,
    ) -> T:
        """What `parse` makes of a setting, which raises ValueError with what the setting must be.

        Returns `default` where the setting is not set or wrong; `secret`: its problem does not repeat the value.
        """
        # Not Env.str(): it takes a value that starts with "$", as a password may, for a reference (django-environ#607).
        value = str(environ.Env.ENVIRON.get(name, ""))
        if not value:
            if required:
                self.report({name: "is not set"})
            return default
        if _IN_QUOTES.fullmatch(value) and not may_be_in_quotes:
            self.report({name: "is in quotes, which would be part of it: leave them out"})
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.report({name: str(error) if secret else f"{error}, not {value[:_SHOWN]!r}"})
            return default

    def is_set(self, name: str) -> bool:
        return bool(environ.Env.ENVIRON.get(name))

    def report(self, problems: Mapping[str, str]) -> None:
        """Note what is wrong with settings, by their names; of one setting, the first problem counts."""
        for name, problem in problems.items():
            self._problems.setdefault(name, problem)

    def check(self) -> None:
        """Raise one error that names every setting that is missing or wrong.

        Raises:
            WrongSettings: there is one.
        """
        if self._problems:
            raise WrongSettings("orderflow: settings: " + "; ".join(map(" ".join, self._problems.items())))
