"""TCP ports on the loopback interface."""

import random
import socket

from devstack.errors import DevstackError

LOOPBACK = "127.0.0.1"

# Below the kernel's range of ports for outgoing connections: otherwise a client could get a server's port while the
# server restarts, or even connect to itself while it polls that port.
FIRST, LAST = 15_000, 31_999


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def is_open(port: int) -> bool:
    """Whether something accepts connections on this port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=0.5):
            return True
    except OSError:
        return False


def free_port(preferred: int | None = None) -> int:
    """The preferred port if it is free, else a random free one.

    Raises:
        DevstackError: none was found.
    """
    choices = [random.randint(FIRST, LAST) for _ in range(200)]  # noqa: S311 - spreads, protects nothing
    for port in [preferred, *choices] if preferred else choices:
        if is_free(port):
            return port
    raise DevstackError(f"no free TCP port was found between {FIRST} and {LAST} on {LOOPBACK}")
