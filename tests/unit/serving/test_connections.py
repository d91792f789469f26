from dataclasses import dataclass

from serving.connections import NEVER, UNREAD_TIMEOUT, ConnectionTable


@dataclass(eq=False)
class Connection:
    address: str = "10.0.0.1"
    head_since: float = NEVER
    idle_since: float = NEVER
    unread_since: float = NEVER
    closed: bool = False
    aborted: bool = False

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True


def table(*, max_connections: int = 100, max_per_address: int = 2, proxies=()) -> ConnectionTable:
    return ConnectionTable(
        max_connections=max_connections,
        max_per_address=max_per_address,
        head_timeout=10.0,
        is_proxy=lambda address: address in proxies,
    )


def test_an_address_may_have_so_many_connections_and_another_one_too():
    ours = table()

    assert [ours.add(Connection()) for _ in range(3)] == [True, True, False]
    assert ours.add(Connection("10.0.0.2"))


def test_an_idle_connection_makes_room_for_a_new_one_of_its_address():
    """Probes come from the address of idle clients too, where a proxy is not known to be one."""
    ours = table()
    busy, idle = Connection(), Connection(idle_since=1.0)
    ours.add(busy)
    ours.add(idle)

    assert ours.add(Connection())
    assert (busy.closed, idle.closed, len(ours)) == (False, True, 2)


def test_a_connection_that_ended_makes_room_once():
    ours = table()
    first = Connection()
    ours.add(first)
    ours.add(Connection())
    ours.remove(first)
    ours.remove(first)

    assert [ours.add(Connection()) for _ in range(2)] == [True, False]


def test_a_connection_that_was_not_admitted_takes_nothing_with_it():
    ours = table(max_per_address=1)
    ours.add(Connection())
    rejected = Connection()
    ours.add(rejected)
    ours.remove(rejected)

    assert (len(ours), ours.add(Connection())) == (1, False)


def test_a_proxy_speaks_for_many():
    ours = table(proxies=["10.0.0.1"])

    assert all(ours.add(Connection()) for _ in range(10))


def test_when_there_are_too_many_those_that_idle_for_longest_are_closed_and_the_new_one_gets_in():
    ours = table(max_connections=3)
    old, busy, recent = (
        Connection("1", idle_since=1.0),
        Connection("2", head_since=NEVER, idle_since=NEVER),
        Connection("3", idle_since=2.0),
    )
    for connection in (old, busy, recent):
        ours.add(connection)

    assert ours.add(Connection("4"))
    assert [each.closed for each in (old, busy, recent)] == [True, False, False]


def test_a_head_that_is_slow_to_come_ends_its_connection():
    ours = table()
    slow, quick, served = Connection("1", head_since=0.0), Connection("2", head_since=5.0), Connection("3")
    for connection in (slow, quick, served):
        ours.add(connection)

    ours.close_slow(10.1)

    assert [each.closed for each in (slow, quick, served)] == [True, False, False]


def test_a_client_that_does_not_read_is_not_waited_for():
    ours = table()
    patient, stuck = Connection(unread_since=2.0), Connection(unread_since=1.0)
    ours.add(patient)
    ours.add(stuck)

    ours.close_slow(1.5 + UNREAD_TIMEOUT)

    assert (patient.aborted, stuck.aborted) == (False, True)
