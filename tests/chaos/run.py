"""One run: the whole system under load, faults from a plan, then what was promised against what is there."""

import json
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from devstack.waiting import wait_until
from tests.chaos.clients import Client
from tests.chaos.consumed import ConsumedEvent, consume_all
from tests.chaos.faults import CONSUMERS, RELAYS, plan
from tests.chaos.finding import Finding
from tests.chaos.goods import CATALOGUE
from tests.chaos.journal import Journal
from tests.chaos.judge import judge
from tests.chaos.lost_coordinator import restart_if_it_lost_a_coordinator
from tests.chaos.monkey import Monkey, Say
from tests.chaos.rest import comes_to_rest
from tests.chaos.sender import Sender
from tests.chaos.staff import PERMISSIONS, Staff, Taken
from tests.chaos.stored import Stored, read_stored
from tests.chaos.table import Outcome
from tests.e2e.system import System, running_system

CLIENTS, STAFF = 6, 4
STATUSES = ("backordered", "confirmed", "partly_fulfilled", "fulfilled", "cancelled", "rejected")
LAST_ANSWERS = 40.0  # seconds for clients to learn what became of their last requests, when all is mended


@dataclass(frozen=True)
class Chaos:
    """What to do: `kinds` are those of tests.chaos.faults."""

    seed: int
    seconds: float
    kinds: Sequence[str]


def run(chaos: Chaos, folder: Path, kept: Path, say: Say) -> Outcome:
    """Run in `folder`, and keep what the judgement rests on in `kept`.

    Raises:
        DevstackError: the system could not be set up.
    """
    with _system(folder) as system:
        staff_token = system.manage("create_api_client", "chaos-staff", "--permission", *PERMISSIONS).stdout.strip()
        faults = plan(chaos.seed, seconds=chaos.seconds, kinds=chaos.kinds)
        say(f"{len(faults)} faults from seed {chaos.seed}")
        monkey, journal = Monkey(system, faults, say), Journal()
        began = time.monotonic()
        _under_load(system, _everybody(chaos, system, staff_token, journal), monkey, say)
        seconds = time.monotonic() - began
        say("All is mended; waiting until nothing is under way")
        monkey.remarks += _drain(system)
        say("Comparing")
        stored, consumed = read_stored(system), consume_all(system.kafka.bootstrap_servers)
        findings = [*judge(journal, stored, consumed), *_audit(system)]
    _keep(kept, journal, stored, consumed, findings)
    return Outcome(
        chaos.seed, seconds, monkey.done, journal, _figures(journal, stored, consumed), findings, monkey.remarks, kept
    )


@contextmanager
def _system(folder: Path) -> Iterator[System]:
    """Two of each kind; the web server has two workers."""
    with running_system(folder) as system:
        catalogue = folder / "chaos.csv"
        catalogue.write_text(CATALOGUE)
        system.manage("import_catalogue", str(catalogue))
        others = [name for name in (*CONSUMERS, *RELAYS) if name not in system.processes]
        system.start(*others)
        system.settle(*CONSUMERS, *RELAYS)
        yield system
        system.http.clear()


def _everybody(chaos: Chaos, system: System, staff_token: str, journal: Journal) -> list[Sender]:
    url = f"http://127.0.0.1:{system.port}"
    recent: deque[Taken] = deque(maxlen=STAFF)
    return [
        *(Client(f"s{chaos.seed}-c{n}", url=url, token=system.token, journal=journal) for n in range(CLIENTS)),
        *(
            Staff(f"s{chaos.seed}-w{n}", url=url, token=staff_token, journal=journal, recent=recent)
            for n in range(STAFF)
        ),
    ]


def _under_load(system: System, senders: Sequence[Sender], monkey: Monkey, say: Say) -> None:
    with ThreadPoolExecutor(len(senders)) as pool:
        running = [pool.submit(sender.run) for sender in senders]
        try:
            monkey.run()
            wait_until(lambda: system.get("/health/ready").status == 200, seconds=60)
        finally:
            for sender in senders:
                sender.resting.set()
            wait(running, LAST_ANSWERS)
            for sender in senders:
                sender.over.set()
        for done in running:
            done.result()
    journal = senders[0].journal
    say(f"{len(journal.requested)} orders and {len(journal.steps)} steps were asked for")


def _drain(system: System) -> list[str]:
    """Wait until nothing is under way, or it takes too long, which the judge will see. What had to be done by hand."""
    by_hand = []
    if not comes_to_rest(system) and restart_if_it_lost_a_coordinator(system.kafka):
        by_hand.append("Kafka had lost a group coordinator (tests/chaos/lost_coordinator.py): the broker was restarted")
        comes_to_rest(system)
    return by_hand


def _audit(system: System) -> list[Finding]:
    """What audit_pipeline finds broken; nothing may be under way any more, so nothing may be for long."""
    report = json.loads(system.manage("audit_pipeline", "--json", "--waiting-limit", "1", check=False).stdout)
    return [Finding("audit", f"{found['check']} {found['id']}", found["detail"]) for found in report["violations"]]


def _figures(journal: Journal, stored: Stored, consumed: Sequence[ConsumedEvent]) -> dict[str, int]:
    unknown = {order.reference for order in journal.requested if order.outcome == "unknown"}
    statuses = Counter(order.status for order in stored.orders)
    return {
        "  unknown, and stored": sum(order.reference in unknown for order in stored.orders),
        "orders stored": len(stored.orders),
        **{f"  {status}": statuses[status] for status in STATUSES},
        "  partly sent, rest cancelled": sum(order.cancelled_from == "partly_fulfilled" for order in stored.orders),
        "  waited, and served": sum(order.waited and order.was_confirmed for order in stored.orders),
        "shipments": len(stored.shipments),
        "invoices": len(stored.invoices),
        "credit notes": len(stored.credit_notes),
        "  by hand": sum(note.by_hand for note in stored.credit_notes),
        "events": len({record.event_id for record in consumed}),
        "  delivered again": len(consumed) - len({record.event_id for record in consumed}),
    }


def _keep(kept: Path, journal: Journal, stored: Stored, consumed: list[ConsumedEvent], findings: list[Finding]) -> None:
    """What the judgement rests on, for whoever has to find out what happened."""
    for name, rows in (
        ("journal", journal.requested),
        ("steps", journal.steps),
        ("sightings", journal.sightings),
        ("orders", stored.orders),
        ("invoices", stored.invoices),
        ("credit_notes", stored.credit_notes),
        ("shipments", stored.shipments),
        ("movements", stored.movements),
        ("events", consumed),
        ("findings", findings),
    ):
        with (kept / f"{name}.jsonl").open("w") as file:
            file.writelines(json.dumps(asdict(row), default=str) + "\n" for row in rows)
