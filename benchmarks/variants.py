"""Instances of the product that differ in their settings, side by side: what one of them costs beside another.

All run at once, each with a database and topics of its own. A round gives each of them the same orders, one after the
other, by turns in another sequence; ratios are taken within a round, and their median counts. Many short rounds say
more than a few long ones: what else the machine does is then alike for both sides of a ratio.
"""

import argparse
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from statistics import median

from benchmarks.command_line import run_command
from benchmarks.cpu import cpu_seconds
from benchmarks.instance import Instance, instance
from benchmarks.load import require_stored, run_load
from benchmarks.orders import single_bodies
from benchmarks.servers import Servers
from devstack.console import Say

CLIENTS = 8

Settings = Mapping[str, str]
Costs = Mapping[str, Sequence[float]]  # ms of CPU for an order, by variant, one for each round


def measure(
    servers: Servers,
    token: str,
    variants: Mapping[str, Settings],
    *,
    rounds: int,
    orders: int,
    without: Collection[str],
    say: Say,
) -> Costs:
    """The CPU of an order, from placed to invoiced, of each variant.

    Args:
        without: servers whose CPU does not count, by name.
    """
    costs: dict[str, list[float]] = {name: [] for name in variants}
    with ExitStack() as stack:
        instances: dict[str, Instance] = {}
        for name, settings in variants.items():
            say(f"Starting: {name}")
            label = f"variant_{len(instances)}"
            instances[name] = stack.enter_context(instance(servers, token, label, **settings))
        names = list(instances)
        for number in range(-1, rounds):
            for name in by_turns(names, number):
                cost = _cost(instances[name], orders, f"{number}-", without)
                if number >= 0:  # the first round loads and plans what is loaded and planned once
                    costs[name].append(cost)
            say(f"Round {number + 1} of {rounds}")
    return costs


def _cost(ours: Instance, orders: int, key_prefix: str, without: Collection[str]) -> float:
    counted = {name: process for name, process in ours.families.items() if name not in without}
    stored, began = ours.stored(), sum(cpu_seconds(counted).values())
    outcome = run_load(ours.load("/orders", single_bodies(), key_prefix=key_prefix, clients=CLIENTS, requests=orders))
    ours.wait_settled()
    spent = sum(cpu_seconds(counted).values()) - began
    require_stored(ours.stored() - stored, outcome)
    return 1000 * spent / orders


def compared(costs: Costs, name: str, to: str) -> str:
    """A variant beside another, as a line: the median of the ratios, and how sure that is."""
    ratios = [one / other for one, other in zip(costs[name], costs[to], strict=True)]
    low, high = median_interval(ratios)
    sure = f"{low:.3f} to {high:.3f} by 95 %, rounds {min(ratios):.3f} to {max(ratios):.3f}"
    return f"{name:<12}{median(costs[name]):>8.3f} ms CPU an order{median(ratios):>8.3f} × {to}: {sure}"


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Between what the median of many more values would be, with a confidence of about 95 %, by order statistics."""
    ordered, middle, reach = sorted(values), len(values) / 2, 0.98 * math.sqrt(len(values))
    first, last = math.floor(middle - reach), math.ceil(middle + reach) - 1
    return ordered[max(0, first)], ordered[min(last, len(ordered) - 1)]


def by_turns(names: Sequence[str], number: int) -> list[str]:
    """The names in the sequence of a round: each begins with another one than the round before."""
    first = number % len(names)
    return [*names[first:], *names[:first]]


def run_comparison(name: str, compare: Callable[[int, int, Say], int]) -> int:
    """The exit status of a command that compares variants; `compare` gets the rounds, and the orders in each."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}")
    parser.add_argument("--rounds", type=int, default=40, help="(%(default)s)")
    parser.add_argument("--orders", type=int, default=150, help="of each instance in a round (%(default)s)")
    chosen = parser.parse_args()
    return run_command(lambda say: compare(chosen.rounds, chosen.orders, say), name=name)
