"""The ports that the environment chooses for `make run`: PORT of the web server, METRICS_PORT of the others."""

import os
from collections.abc import Iterable, Mapping

from devstack.errors import DevstackError
from devstack.ports import LOOPBACK, is_free
from devstack.product import WEB

LAST_PORT = 65535
_WITH_METRICS_OF_ITS_OWN = WEB  # at /metrics


def web_port() -> int:
    """PORT, 8000 by default.

    Raises:
        DevstackError: it is not the number of a port.
    """
    return _port("PORT", os.environ.get("PORT") or "8000")


def metrics_ports(names: Iterable[str]) -> Mapping[str, int]:
    """The METRICS_PORT of each of these processes: the environment's and those after it; none if that is not set.

    No two processes of a machine can share one.

    Raises:
        DevstackError: METRICS_PORT is not the number of a port, or so high that there is not one for each.
    """
    given = os.environ.get("METRICS_PORT") or "0"
    if given == "0":
        return {}
    others = [name for name in names if name != _WITH_METRICS_OF_ITS_OWN]
    first = _port("METRICS_PORT", given)
    ports = dict(zip(others, range(first, first + len(others)), strict=True))
    if max(ports.values()) > LAST_PORT:
        raise DevstackError(
            f"METRICS_PORT is {first}, and {', '.join(ports)} take one each from there on: that is beyond {LAST_PORT}, "
            f"choose a lower one"
        )
    return ports


def require_free(port: int, *, variable: str = "PORT") -> None:
    """Raises:
    DevstackError: the port is taken.
    """
    if not is_free(port):
        raise DevstackError(
            f"port {port} on {LOOPBACK} is in use by another program: stop that one, or choose another port, "
            f"for example `make run {variable}={port + 1}`"
        )


def _port(variable: str, given: str) -> int:
    if not given.isascii() or not given.isdigit() or not 0 < int(given) <= LAST_PORT:
        raise DevstackError(
            f"{variable} is {given!r}, which is no port: give a number from 1 to {LAST_PORT}, as in {variable}=8001"
        )
    return int(given)
