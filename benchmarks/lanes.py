"""What several relays gain: how fast a backlog of events is published by one relay and by two.

    .venv/bin/python -m benchmarks.lanes         # two minutes; --before CHECKOUT compares one relay with older code's

Relays start while the outbox is locked as a whole, so that the time is that of publishing alone: it begins when the
lock is released, and ends when the outbox is empty. Ratios are taken within a round, and their median counts.
"""

import argparse
import time
from pathlib import Path
from statistics import median

from benchmarks.chain import holding_outbox_lock
from benchmarks.command_line import run_command
from benchmarks.errors import BenchmarkError
from benchmarks.servers import Servers, running_servers
from benchmarks.template import build_template
from benchmarks.variants import by_turns
from benchmarks.version import THIS, Version
from devstack.console import Say
from devstack.processes.process import Process
from devstack.waiting import wait_until

DATABASE = "lanes"
ONE, TWO, BEFORE = "one relay", "two relays", "one relay, before"
FILL = """
    INSERT INTO messaging_outboxmessage (event_id, type, topic, key, body, correlation_id, traceparent, parked_reason)
    SELECT
        gen_random_uuid(), 'benchmark.v1', 'orders', gen_random_uuid()::text,
        json_build_object('text', repeat('x', 900)), '', '', ''
    FROM generate_series(1, %s)
"""


class Backlogs:
    """A database and topics whose outbox is filled and published again and again."""

    def __init__(self, servers: Servers, events: int) -> None:
        self._servers, self._events = servers, events
        servers.create_database(DATABASE, template=servers.template)
        settings = {"KAFKA_TOPIC_PREFIX": f"{DATABASE}.", "LOG_LEVEL": "INFO"}
        self._environment = servers.environment(DATABASE) | settings
        servers.run("ensure_topics", servers.version.manage("ensure_topics"), self._environment)
        self.database = servers.connect(DATABASE)

    def rate(self, relays: int, version: Version) -> float:
        """Events a second that so many relays of a version publish."""
        with self.database.cursor() as cursor:
            cursor.execute(FILL, [self._events])
        processes = [self._relay(number, version) for number in range(relays)]
        try:
            with holding_outbox_lock(self.database):
                for process in processes:
                    process.start()
                self._wait_at_work(relays)
            began = time.perf_counter()
            if not wait_until(lambda: self._waiting() == 0, seconds=120, every=0.005):
                raise BenchmarkError(f"{self._waiting()} events are not published after two minutes")
            return self._events / (time.perf_counter() - began)
        finally:
            for process in processes:
                process.stop()

    def _relay(self, number: int, version: Version) -> Process:
        (self._servers.folder / "logs" / f"relay-{number}.log").unlink(missing_ok=True)
        command = version.manage("relay_outbox")
        return self._servers.of(version).process(f"relay-{number}", command, self._environment)

    def _wait_at_work(self, relays: int) -> None:
        logs = [self._servers.folder / "logs" / f"relay-{number}.log" for number in range(relays)]
        if not wait_until(lambda: all(b"relay_started" in log.read_bytes() for log in logs), seconds=60):
            raise BenchmarkError("the relays did not start: " + " ".join(log.read_text()[-300:] for log in logs))
        time.sleep(0.5)  # until they have met the lock

    def _waiting(self) -> int:
        with self.database.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM messaging_outboxmessage)::int")
            ((waiting,),) = cursor.fetchall()
            return int(waiting)


def _run(rounds: int, events: int, before: Path | None, say: Say) -> int:
    kinds = {ONE: (1, THIS), TWO: (2, THIS)} | ({BEFORE: (1, Version("before", before.resolve()))} if before else {})
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    with running_servers(say) as servers:
        build_template(servers)
        backlogs = Backlogs(servers, events)
        for number in range(-1, rounds):
            for name in by_turns(list(kinds), number):
                rate = backlogs.rate(*kinds[name])
                if number >= 0:  # topics and tables are new in the first round
                    rates[name].append(rate)
            say(f"Round {number + 1} of {rounds}")
        backlogs.database.close()
    for over, under in ((TWO, ONE), (ONE, BEFORE)):
        if under in rates:
            ratios = [a / b for a, b in zip(rates[over], rates[under], strict=True)]
            print(f"{over} to {under}: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lanes")
    parser.add_argument("--rounds", type=int, default=7, help="(%(default)s)")
    parser.add_argument("--events", type=int, default=20_000, help="in the outbox (%(default)s)")
    parser.add_argument("--before", type=Path, help="a checkout of older code, whose relay is measured as well")
    chosen = parser.parse_args()
    return run_command(lambda say: _run(chosen.rounds, chosen.events, chosen.before, say), name="benchmarks.lanes")


if __name__ == "__main__":
    raise SystemExit(main())
