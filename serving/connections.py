"""Which connections there are: how many each address has, which are slow, and which are idle for longest."""

from collections import Counter
from collections.abc import Collection
from typing import Protocol

NEVER = float("inf")


class Connection(Protocol):
    """A connection as far as its limits go; times in seconds on the event loop's clock.

    Attributes:
        head_since: when it began to wait for a first head, or a later one to come; NEVER once the head is here.
        idle_since: when its last response was sent; NEVER while a request is served.
    """

    address: str
    head_since: float
    idle_since: float

    def close(self) -> None: ...


class ConnectionTable:
    """The connections of one process.

    Args:
        max_connections: that are kept; for more, those that are idle for longest are closed.
        max_per_address: that one address may have.
        unlimited: addresses of proxies, which speak for many.
        head_timeout: seconds that the head of a request may take.
    """

    def __init__(
        self, *, max_connections: int, max_per_address: int, head_timeout: float, unlimited: Collection[str] = ()
    ) -> None:
        self._max_connections = max_connections
        self._max_per_address = max_per_address
        self._head_timeout = head_timeout
        self._unlimited = unlimited
        self._connections: set[Connection] = set()
        self._per_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: Connection) -> bool:
        """Note a new connection; False if its address has too many already."""
        address = connection.address
        if self._per_address[address] >= self._max_per_address and address not in self._unlimited:
            return False
        if len(self._connections) >= self._max_connections:
            self._close_idle()
        self._connections.add(connection)
        self._per_address[address] += 1
        return True

    def remove(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        self._per_address[connection.address] -= 1
        if not self._per_address[connection.address]:
            del self._per_address[connection.address]

    def close_slow(self, now: float) -> None:
        """Close those whose head has not come in time. To be called once in a while."""
        for connection in [each for each in self._connections if now - each.head_since > self._head_timeout]:
            connection.close()

    def _close_idle(self) -> None:
        """A tenth at once, since they have to be looked for."""
        idle = [each for each in self._connections if each.idle_since != NEVER]
        idle.sort(key=lambda each: each.idle_since)
        for connection in idle[: self._max_connections // 10 + 1]:
            connection.close()
