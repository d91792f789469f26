"""DATABASE_URL: what it may be. No error repeats a part of it: what looks like a port may be half of a password."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, unquote_plus

from config.hosts import is_address, is_host
from config.validators import choice, number, readable_file, text

# What a password must not hold as it is would end it: then an @ stands where none may be.
_URL = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?P<user>[^:@/?#\[\]]*)(?::(?P<password>[^/?#\[\]]*))?@)?"
    r"(?P<hosts>[^@/?#]*)"
    r"/(?P<name>(?:/[^@?#;+]*/)?[^@/?#;+]+)"
    r"(?:\?(?P<options>[^@?#]*))?"
)
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
_SHAPE = (
    "must be postgres://user:password@host:5432/name, the port from 1 to 65535, and : / ? # [ ] @ % ; + in user, "
    "password, name and the folder of a Unix socket percent-encoded, a / as %2F"
)
_LONGEST_NAME = 63  # bytes of an identifier of PostgreSQL


def _root_certificate(value: str) -> str:
    return value if value == "system" else readable_file(value)


def _hosts(value: str) -> str:
    if not all(host.startswith("/") or is_host(host) or is_address(host) for host in text(value).split(",")):
        raise ValueError("must be host names, addresses or folders of Unix sockets, comma-separated")
    return value


def _addresses(value: str) -> str:
    if not all(map(is_address, value.split(","))):
        raise ValueError("must be IP addresses, comma-separated")
    return value


_SECONDS = number(0, 86_400)
_OPTIONS: Mapping[str, Callable[[str], Any]] = {  # of libpq (PostgreSQL manual, 34.1.2), as far as they make sense here
    "application_name": text,
    "channel_binding": choice("disable", "prefer", "require"),
    "connect_timeout": _SECONDS,
    "gssencmode": choice("disable", "prefer", "require"),
    "host": _hosts,
    "hostaddr": _addresses,
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
    if not match or not url.isprintable() or url != url.strip():
        raise ValueError(_SHAPE)
    options = _options(match["options"] or "")
    folder, _, name = _decoded(match["name"]).rpartition("/")
    if len(name.encode()) > _LONGEST_NAME:
        raise ValueError(f"names a database longer than the {_LONGEST_NAME} bytes that PostgreSQL takes")
    host, port = _hosts_and_ports(match["hosts"])
    return {
        "ENGINE": "common.postgresql",
        "NAME": name,
        "USER": _decoded(match["user"] or ""),
        "PASSWORD": _decoded(match["password"] or ""),
        "HOST": options.pop("host", folder or host),  # Django would let HOST win over the option
        "PORT": port,
        "OPTIONS": options,
    }


def hosts_of(database: Mapping[str, Any]) -> list[str]:
    """Where a DATABASES entry finds its servers; "" is a Unix socket."""
    named = (database.get("HOST"), (database.get("OPTIONS") or {}).get("hostaddr"))
    return ",".join(host for host in named if host).split(",")


def _hosts_and_ports(hosts: str) -> tuple[str, int | str]:
    """HOST and PORT: of several servers lists, in which each has a port, or none for PostgreSQL's own."""
    if not hosts:
        return "", ""
    found = [_host_and_port(each) for each in hosts.split(",")]
    host, ports = ",".join(host for host, _ in found), [port for _, port in found]
    if len(ports) == 1:
        return host, int(ports[0]) if ports[0] else ""
    return host, ",".join(ports) if any(ports) else ""


def _host_and_port(given: str) -> tuple[str, str]:
    """A host and a port as libpq takes them outside of a URL: IPv6 without brackets, and no port as an empty text."""
    match = _HOST_AND_PORT.fullmatch(given)
    host, port = (_decoded(match["host"]), match["port"] or "") if match else ("", "")
    if not (host.startswith("/") or is_host(host)) or (port and not 0 < int(port) < 65536):
        raise ValueError(_SHAPE)
    return host.removeprefix("[").removesuffix("]"), port


def _decoded(part: str) -> str:
    try:
        decoded = unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("has percent-encoded bytes that are not UTF-8") from None
    if "\0" in decoded:
        raise ValueError("has a NUL character")
    return decoded


def _options(query: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if name not in _OPTIONS:
            raise ValueError(f"has an option behind ? that is none of {', '.join(_OPTIONS)}")
        if name in found:
            raise ValueError(f"has the option {name} twice")
        try:
            found[name] = _OPTIONS[name](unquote_plus(value))
        except ValueError as error:
            raise ValueError(f"has the option {name}, which {error}") from None
    return found
