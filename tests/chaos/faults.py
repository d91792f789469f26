"""What is going to be broken, and when: drawn from a seed alone, so that the same seed breaks the same things again."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

CONSUMERS = ("orders", "orders-2", "inventory", "inventory-2", "invoicing", "invoicing-2")
RELAYS = ("relay", "relay-2")
EXTRA = ("orders-3", "inventory-3", "invoicing-3")
WEB = ("web", "web/master", "web/worker")

# For each kind its targets, and how often it is in the deck of which faults are dealt.
KINDS: dict[str, tuple[tuple[str, ...], int]] = {
    "kill": (CONSUMERS + RELAYS + WEB, 5),
    "stop": (CONSUMERS + RELAYS + ("web", "web/worker"), 5),
    "term": ((*CONSUMERS, *RELAYS, "web"), 3),
    "join": (EXTRA, 2),
    "kafka-kill": (("kafka",), 1),
    "kafka-stop": (("kafka",), 1),
    "postgres-kill": (("postgres",), 1),
    "postgres-stop": (("postgres",), 1),
    "postgres-backend": (("postgres",), 1),
}
BETWEEN = (3.0, 6.0)  # seconds from one fault to the next

# Seconds that a fault lasts. The session timeout is 2 s: a frozen consumer is missed by its group, or not.
SHORT, LONG = (0.2, 1.2), (3.0, 6.0)
JOINED = (4.0, 12.0)


@dataclass(frozen=True)
class Fault:
    """`at` and `lasts` in seconds, `at` since the beginning; `pick` from 0 to 1 chooses among what there is then."""

    at: float
    kind: str
    target: str
    lasts: float
    pick: float

    @property
    def resource(self) -> str:
        """What may have one fault at a time."""
        return self.target.split("/", maxsplit=1)[0]

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.kind:<16} {self.target:<12} for {self.lasts:4.1f} s"


def plan(seed: int, *, seconds: float, kinds: Sequence[str] = tuple(KINDS)) -> list[Fault]:
    """All faults of a run. Nothing is broken that is still broken; several things at a time are."""
    random = Random(seed)
    deck = _deck(random, kinds)
    busy_until: dict[str, float] = defaultdict(float)
    faults = []
    at = random.uniform(*BETWEEN)
    while at < seconds:
        fault = _draw(random, next(deck), at)
        if busy_until[fault.resource] <= at:
            busy_until[fault.resource] = at + fault.lasts
            faults.append(fault)
        at += random.uniform(*BETWEEN)
    return faults


def _deck(random: Random, kinds: Sequence[str]) -> Iterator[str]:
    """Kinds without end, shuffled deck after deck, so that each has its turn soon."""
    while True:
        deck = [kind for kind in kinds for _ in range(KINDS[kind][1])]
        random.shuffle(deck)
        yield from deck


def _draw(random: Random, kind: str, at: float) -> Fault:
    target = random.choice(KINDS[kind][0])
    lasts = random.uniform(*(JOINED if kind == "join" else random.choice((SHORT, LONG))))
    return Fault(round(at, 2), kind, target, round(lasts, 2), random.random())
