"""Settings that name hosts: what they may be, as in validators.py."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

KAFKA_PORT = 9092

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"  # with the underscores that containers' names may have
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*\.?")


def is_host(value: str) -> bool:
    """Whether this is a host name, an IPv4 address, or an IPv6 address in brackets."""
    if value.startswith("[") and value.endswith("]"):
        return is_address(value[1:-1])
    if re.fullmatch(r"[0-9.]+", value):
        return is_address(value)
    return bool(_HOST_NAME.fullmatch(value.lower()))


def is_host_and_port(value: str) -> bool:
    """Whether this is a host, or a host and a port from 1 to 65535 with a colon in between."""
    host, _, port = value.rpartition(":")
    if not host or value.endswith("]"):
        return is_host(value)
    return is_host(host) and port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536


def allowed_host(value: str) -> str:
    """What Django's ALLOWED_HOSTS takes: a host, `.example.com` for all below it too, or `*`."""
    if value != "*" and not is_host(value.removeprefix(".")):
        raise ValueError("must be host names, comma-separated: without scheme, port or path")
    return value


def origin(value: str) -> str:
    """A scheme, a host and maybe a port; `*.` before the host stands for all below it."""
    scheme, separator, authority = value.partition("://")
    if scheme not in ("http", "https") or not separator or not is_host_and_port(authority.removeprefix("*.")):
        raise ValueError("must be origins such as https://orders.example.com, comma-separated")
    return value


def networks(value: str) -> list[Network]:
    """Addresses and networks, comma-separated, such as 192.0.2.7 and 10.0.0.0/8."""
    try:
        return [ip_network(item.strip()) for item in value.split(",") if item.strip()]
    except ValueError:
        raise ValueError("must be addresses and networks such as 192.0.2.7,10.0.0.0/8") from None


def address_to_listen_on(value: str) -> str:
    """A host name or an IP address, without brackets."""
    if not is_host(value) and not is_address(value):
        raise ValueError("must be a host name or an IP address")
    return value


def bootstrap_servers(value: str) -> str:
    """Hosts, comma-separated, each with its port: 9092, which is Kafka's own, where none is named."""
    servers = [server.strip() for server in value.split(",") if server.strip()]
    if not servers or not all(map(is_host_and_port, servers)):
        raise ValueError("must be host:port, comma-separated, each port from 1 to 65535")
    return ",".join(f"{server}:{KAFKA_PORT}" if is_host(server) else server for server in servers)


def is_local(host: str) -> bool:
    """Whether a host is this machine: no host at all and the folder of a Unix socket are."""
    if host.startswith("/"):
        return True
    name = host.lower().strip("[]").removeprefix(".").removesuffix(".")
    return name in ("", "localhost") or (is_address(name) and ip_address(name).is_loopback)


def is_address(value: str) -> bool:
    try:
        return bool(ip_address(value))
    except ValueError:
        return False
