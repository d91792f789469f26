"""The table of connections, with limits in all and by address, and a time limit for heads."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Protocol

NEVER = float("inf")


class Connection(Protocol):
    """The interface of a connection to the table; times in seconds on the event loop's clock.

    Attributes:
        head_since: the time since which it waits for its first head, or for the rest of a head; NEVER after the head.
        idle_since: the time of its last response; NEVER while a request is served.
        unread_since: the time since which its client has to read before more can be sent; NEVER if it has not.
    """

    address: str
    head_since: float
    idle_since: float
    unread_since: float

    def close(self) -> None: ...

    def abort(self) -> None: ...


UNREAD_TIMEOUT = 60.0  # seconds that a client may leave unread what was sent


class ConnectionTable:
    """The connections of one process. If there are too many, those that have been idle for longest are closed.

    Args:
        max_connections: of all addresses together.
        max_per_address: of one address; if none of them is idle, further ones are rejected.
        is_proxy: whether an address is a trusted proxy's, for which `max_per_address` does not count.
        head_timeout: seconds that the head of a request may take.
    """

    def __init__(
        self, *, max_connections: int, max_per_address: int, head_timeout: float, is_proxy: Callable[[str], bool]
    ) -> None:
        self._max_connections = max_connections
        self._max_per_address = max_per_address
        self._head_timeout = head_timeout
        self._is_proxy = is_proxy
        self._by_address: dict[str, set[Connection]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, connection: Connection) -> bool:
        """Add a new connection; False if its address has too many already."""
        address = connection.address
        neighbours = self._by_address.get(address, set())
        is_full = len(neighbours) >= self._max_per_address and not self._is_proxy(address)
        if is_full and not self._close_idle(neighbours, 1):
            return False
        if self._count >= self._max_connections:
            self._close_idle(self._all(), self._max_connections // 10 + 1)  # many at once: finding them takes a scan
        self._by_address.setdefault(address, set()).add(connection)
        self._count += 1
        return True

    def remove(self, connection: Connection) -> None:
        neighbours = self._by_address.get(connection.address, set())
        if connection in neighbours:
            neighbours.remove(connection)
            self._count -= 1
            if not neighbours:
                del self._by_address[connection.address]

    def close_slow(self, now: float) -> None:
        """Close connections whose head has not come within the limit, or that do not read. To be called periodically.

        To close one that does not read would be to wait until it does.
        """
        for connection in [each for each in self._all() if now - each.head_since > self._head_timeout]:
            connection.close()
        for connection in [each for each in self._all() if now - each.unread_since > UNREAD_TIMEOUT]:
            connection.abort()

    def _close_idle(self, connections: Iterable[Connection], number: int) -> bool:
        """Close up to this number of idle connections, and remove them; False if none is idle."""
        idle = sorted((each for each in connections if each.idle_since != NEVER), key=lambda each: each.idle_since)
        for connection in idle[:number]:
            connection.close()
            self.remove(connection)
        return bool(idle)

    def _all(self) -> Iterator[Connection]:
        return chain.from_iterable(self._by_address.values())
