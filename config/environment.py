"""Reading the environment, with every problem reported at once."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

import environ
from django.core.exceptions import ImproperlyConfigured

_RATE = re.compile(r"(?P<number>[1-9][0-9]{0,6})/(?P<time>s|min|h)")
_SECONDS = {"s": 1, "min": 60, "h": 3600}


class Environment:
    """django-environ, except that problems are collected and raised together by `check`."""

    def __init__(self) -> None:
        self._problems: list[str] = []

    def required(self, name: str) -> str:
        if value := self.string(name):
            return value
        self._problems.append(f"{name} is not set")
        return ""

    def string(self, name: str, default: str = "") -> str:
        # Not Env.str(): it takes a value that starts with "$", as a password may, for a reference (django-environ#607).
        return str(environ.Env.ENVIRON.get(name, default))

    def strings(self, name: str, default: list[str] | None = None) -> list[str]:
        """A comma-separated list."""
        items = environ.Env.parse_value(self.string(name), list)
        return [item.strip() for item in items if item.strip()] or list(default or [])

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """A comma-separated list of addresses and networks, such as 192.0.2.7 and 10.0.0.0/8."""
        networks = []
        for text in self.strings(name):
            try:
                networks.append(ip_network(text))
            except ValueError as error:
                self._problems.append(f"{name}: {error}")
        return networks

    def rate(self, name: str) -> tuple[int, int] | None:
        """A number of requests in a number of seconds, from a text such as 100/s, 600/min or 10000/h."""
        text = self.string(name)
        if not text:
            return None
        if match := _RATE.fullmatch(text):
            return int(match["number"]), _SECONDS[match["time"]]
        self._problems.append(f"{name} is {text!r}, not a rate such as 100/s, 600/min or 10000/h")
        return None

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.choice(name, ("", "true", "false", "1", "0", "yes", "no", "on", "off"), default="")
        return default if value == "" else value in ("true", "1", "yes", "on")

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        text = self.string(name, str(default))
        if not text.isdecimal() or int(text) < least:
            self._problems.append(f"{name} is {text!r}, not a whole number from {least}")
            return default
        return int(text)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of `choices`, whatever its case."""
        value = self.string(name, default)
        for choice in choices:
            if value.casefold() == choice.casefold():
                return choice
        self._problems.append(f"{name} is {value!r}, not one of {', '.join(filter(None, choices))}")
        return default

    def database(self, name: str) -> dict[str, object]:
        """A PostgreSQL URL as Django's DATABASES entry."""
        url = self.required(name)
        if url and not url.startswith(("postgres://", "postgresql://")):
            self._problems.append(f"{name} is not a postgres:// URL")
            return {}
        return dict(environ.Env.db_url_config(url)) if url else {}

    def check(self) -> None:
        """Raise one error that names every setting that is missing or wrong."""
        if self._problems:
            raise ImproperlyConfigured("settings: " + "; ".join(self._problems))
