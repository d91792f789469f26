"""DATABASE_URL: what it may be. No error repeats a part of it: what looks like a port may be half of a password."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import environ

from config.hosts import is_host_and_port
from config.validators import choice, number, readable_file, text

# What a password must not hold as it is would end it: then an @ stands where none may be.
_URL = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?P<user>[^:@/?#\[\]]*)(?::(?P<password>[^/?#\[\]]*))?@)?"
    r"(?P<hosts>[^@/?#]*)"
    r"/(?P<name>(?:/[^@?#;+]*/)?[^@/?#;+]+)"
    r"(?:\?(?P<options>[^@?#]*))?"
)
_SHAPE = (
    "must be postgres://user:password@host:5432/name, the port from 1 to 65535, and : / ? # [ ] @ % ; + in user, "
    "password and name percent-encoded, a / as %2F"
)
_LONGEST_NAME = 63  # bytes of an identifier of PostgreSQL


def _root_certificate(value: str) -> str:
    return value if value == "system" else readable_file(value)


_SECONDS = number(0, 86_400)
_OPTIONS: Mapping[str, Callable[[str], Any]] = {  # of libpq (PostgreSQL manual, 34.1.2), as far as they make sense here
    "application_name": text,
    "channel_binding": choice("disable", "prefer", "require"),
    "connect_timeout": _SECONDS,
    "gssencmode": choice("disable", "prefer", "require"),
    "host": text,
    "hostaddr": text,
    "keepalives": choice("0", "1"),
    "keepalives_count": _SECONDS,
    "keepalives_idle": _SECONDS,
    "keepalives_interval": _SECONDS,
    "options": text,
    "passfile": readable_file,
    "sslcert": readable_file,
    "sslcrl": readable_file,
    "sslkey": readable_file,
    "sslmode": choice("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslrootcert": _root_certificate,
    "target_session_attrs": choice("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "tcp_user_timeout": number(0, 86_400_000),
}


def database(url: str) -> dict[str, Any]:
    """A PostgreSQL URL as Django's DATABASES entry.

    Raises:
        ValueError: it is none; the message has no part of it.
    """
    match = _URL.fullmatch(url)
    if not match or not url.isprintable():
        raise ValueError(_SHAPE)
    _check_hosts(match["hosts"])
    for part in ("user", "password", "name"):
        _check_decodes(match[part] or "")
    if len(unquote(match["name"]).rpartition("/")[2].encode()) > _LONGEST_NAME:
        raise ValueError(f"names a database longer than the {_LONGEST_NAME} bytes that PostgreSQL takes")
    _check_options(match["options"] or "")
    return {**environ.Env.db_url_config(url), "ENGINE": "common.postgresql"}


def hosts_of(database: Mapping[str, Any]) -> list[str]:
    """Where a DATABASES entry finds its servers; "" is a Unix socket."""
    options = database.get("OPTIONS") or {}
    named = (database.get("HOST"), options.get("host"), options.get("hostaddr"))
    return ",".join(host for host in named if host).split(",")


def _check_hosts(hosts: str) -> None:
    if hosts and not all(map(is_host_and_port, hosts.split(","))):
        raise ValueError(_SHAPE)


def _check_decodes(part: str) -> None:
    try:
        decoded = unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("has percent-encoded bytes that are not UTF-8") from None
    if "\0" in decoded:
        raise ValueError("has a NUL character")


def _check_options(query: str) -> None:
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if name not in _OPTIONS:
            raise ValueError(f"has an option behind ? that is none of {', '.join(_OPTIONS)}")
        try:
            _OPTIONS[name](dict(parse_qsl(pair, keep_blank_values=True))[name] if value else "")
        except ValueError as error:
            raise ValueError(f"has the option {name}, which {error}") from None
