"""The address of the client that sent a request, also behind proxies."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAX_HOPS = 32  # of X-Forwarded-For that are looked at: nobody has more proxies in a row
_IPV6_PREFIX = 64  # bits: what one customer of a provider gets is at least that


def client_address(meta: Mapping[str, Any], trusted: Sequence[Network]) -> str:
    """The address of the client, in its shortest form; "" where there is none, as on a Unix socket.

    `X-Forwarded-For` is trusted only as far as trusted proxies wrote it: each proxy appends the address of its peer, so
    the entries are read from the right, up to the first that is not a trusted proxy's. Entries left of that may be
    forged. If an entry is not an address, the proxy that passed it on counts as the client.

    Args:
        meta: a WSGI environ or `HttpRequest.META`; several X-Forwarded-For fields are joined by commas in it.
        trusted: networks of the proxies in front of this server, `settings.TRUSTED_PROXIES`.
    """
    address = _parse(str(meta.get("REMOTE_ADDR", "")))
    hops = str(meta.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", _MAX_HOPS)[-_MAX_HOPS:]
    while address is not None and hops and _is_in(address, trusted):
        hop = _parse(hops.pop())
        if hop is None:
            break
        address = hop
    return "" if address is None else str(address)


def is_proxy(address: str, trusted: Sequence[Network]) -> bool:
    """Whether a peer's address is that of a trusted proxy."""
    parsed = _parse(address)
    return parsed is not None and _is_in(parsed, trusted)


def network_of(address: str) -> str:
    """The key by which clients are counted: an IPv4 address, or the /64 network of an IPv6 address."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _IPV6_PREFIX), strict=False))
    return "" if parsed is None else str(parsed)


def _parse(text: str) -> Address | None:
    """An address with or without a port or brackets: 192.0.2.1, 192.0.2.1:4711, 2001:db8::1, [2001:db8::1]:4711."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
