"""The client's address behind proxies: X-Forwarded-For counts as far as trusted proxies wrote it."""

from ipaddress import ip_network

import pytest

from api.client_address import client_address, is_proxy, network_of

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48"), ip_network("127.0.0.1/32")]
PROXY, CLIENT, MADE_UP = "10.0.0.1", "198.51.100.7", "203.0.113.9"


def address(peer: str, forwarded: str | None = None, trusted=PROXIES) -> str:
    return client_address(
        {"REMOTE_ADDR": peer} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}), trusted
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        # no proxy
        (CLIENT, None, CLIENT),
        (CLIENT, "", CLIENT),
        (CLIENT, MADE_UP, CLIENT),
        # one proxy, several in a row, and requests of a proxy's own, such as health checks
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"{CLIENT}, 10.0.0.2, 10.0.0.3", CLIENT),
        (PROXY, None, PROXY),
        (PROXY, "", PROXY),
        (PROXY, "10.0.0.2, 10.0.0.3", "10.0.0.2"),
        # The left end is the client's to choose: forgekeep/nebula-mesh#232, migadu/alps#18.
        (PROXY, f"{MADE_UP}, {CLIENT}", CLIENT),
        (PROXY, f"10.9.9.9, {CLIENT}", CLIENT),
        (PROXY, f"{MADE_UP},{CLIENT},10.0.0.2", CLIENT),
        # several fields, as WSGI joins them
        (PROXY, f"{MADE_UP},{CLIENT}", CLIENT),
        # Entries with ports, and IPv6 in other spellings: xorbitsai/xagent#1185, majiayu000/litellm-rs#1184.
        (PROXY, f"{CLIENT}:50123", CLIENT),
        (f"{PROXY}:4711", f"{CLIENT}, 10.0.0.2:80", CLIENT),
        ("2001:db8:ffff::1", "2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
        ("[2001:db8:ffff::1]:443", "[2001:db8::7]:50123, [2001:db8:ffff:0::2]", "2001:db8::7"),
        ("::ffff:10.0.0.1", f"::ffff:{CLIENT}", CLIENT),
        ("fe80::1%eth0", None, "fe80::1"),
        # what is no address
        (PROXY, "unknown", PROXY),
        (PROXY, f"{CLIENT}, unknown", PROXY),
        (PROXY, f"{CLIENT}, garbage\x00, 10.0.0.2", "10.0.0.2"),
        (PROXY, f"{CLIENT},", PROXY),
        (PROXY, "1" * 100_000, PROXY),
        (PROXY, "999.1.1.1", PROXY),
        (PROXY, "10.0.0.2," * 100_000 + "10.0.0.2", "10.0.0.2"),
        ("", CLIENT, ""),
        ("not an address", CLIENT, ""),
    ],
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(peer, forwarded, expected):
    assert address(peer, forwarded) == expected


def test_without_trusted_proxies_the_header_is_not_even_read():
    assert address(PROXY, CLIENT, trusted=[]) == PROXY


def test_a_request_without_an_address_has_none():
    assert client_address({}, PROXIES) == ""


@pytest.mark.parametrize(
    ("addresses", "network"),
    [
        ([CLIENT, f"{CLIENT}:1", f"::ffff:{CLIENT}"], CLIENT),
        (["2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"], "2001:db8::/64"),
        (["", "garbage"], ""),
    ],
)
def test_an_owner_of_many_ipv6_addresses_counts_as_one(addresses, network):
    assert {network_of(one) for one in addresses} == {network}


@pytest.mark.parametrize(
    ("address", "expected"),
    [(PROXY, True), (f"::ffff:{PROXY}", True), ("2001:db8:ffff::1", True), (CLIENT, False), ("", False)],
)
def test_a_peer_is_a_proxy_if_its_network_is_trusted(address, expected):
    assert is_proxy(address, PROXIES) is expected
    assert not is_proxy(address, [])
