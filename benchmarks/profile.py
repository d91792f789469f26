"""Where the CPU of an order goes, live: a flame graph for each process of the product, and a table of all processes.

    make profile                                     # about a minute; ARGS="--clients 32"

Clients post orders while everything runs, as in `live` of `make bench`, and py-spy looks at each Python process in turn
while they do. Flame graphs go to `benchmarks/results/` as SVG: open one in a browser, and click on a function.
"""

import argparse
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.chain import wait_for_consumers
from benchmarks.command_line import run_command
from benchmarks.cpu import OTHERS, cpu_shares
from benchmarks.errors import BenchmarkError
from benchmarks.generator import Outcome
from benchmarks.instance import Instance, instance
from benchmarks.load import run_load
from benchmarks.orders import single_bodies
from benchmarks.servers import running_servers
from benchmarks.template import build_template
from devstack.console import Say
from devstack.processes.process import Process

RESULTS = Path(__file__).with_name("results")
SECONDS = 8  # of looking at a process
PER_SECOND = 200  # looks
WARM_UP = 2.0  # seconds


def profile(clients: int, say: Say) -> int:
    """Draw and print; returns the exit status.

    Raises:
        BenchmarkError, DevstackError: something did not work.
    """
    with running_servers(say) as servers:
        say("Preparing the database")
        token = build_template(servers)
        with instance(servers, token, "profile") as ours:
            wait_for_consumers(ours)
            say(f"Orders by {clients} clients")
            _measure(ours, clients)
            _draw(ours, clients, say)
    return 0


def _measure(ours: Instance, clients: int) -> None:
    """Print the CPU of an order by process, undisturbed by the profiler."""
    with cpu_shares(ours.families) as cores:
        rate = _rate(run_load(ours.load("/orders", single_bodies(), **_load(clients, "measured", SECONDS))))
    print(f"{rate:.0f} orders a second\n{'process':<28}{'cores':>8}{'ms an order':>14}")
    for name, share in sorted(cores.items(), key=lambda each: -each[1]):
        of_order = "" if name == OTHERS else f"{1000 * share / rate:.2f}"
        print(f"{name:<28}{share:>8.2f}{of_order:>14}")
    ours.wait_settled()


def _draw(ours: Instance, clients: int, say: Say) -> None:
    """Draw a flame graph of each process of the product."""
    RESULTS.mkdir(exist_ok=True)
    began = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for name, process in ours.families.items():
        if (pid := _python(process)) is not None:
            path = RESULTS / f"{began}-{name}.svg"
            with _under_load(ours, clients, name):
                _record(pid, path, title=f"{name}, live, {clients} clients")
            say(f"benchmarks/results/{path.name}")


def _python(process: Process) -> int | None:
    """The process of a family that has used the most CPU, if it runs Python: of the web, a worker."""
    family = sorted(process.family(), key=lambda each: sum(each.cpu_times()[:2]))
    busiest: psutil.Process | None = family[-1] if family else None
    return busiest.pid if busiest and "python" in busiest.name() else None


@contextmanager
def _under_load(ours: Instance, clients: int, name: str) -> Iterator[None]:
    load = ours.load("/orders", single_bodies(), **_load(clients, name, SECONDS + WARM_UP))
    thread = threading.Thread(target=run_load, args=[load])
    thread.start()
    try:
        yield
    finally:
        thread.join()
        ours.wait_settled()


def _load(clients: int, name: str, seconds: float) -> dict[str, object]:
    return {"key_prefix": f"{name}-", "clients": clients, "warm_up": WARM_UP, "seconds": seconds}


def _rate(outcome: Outcome) -> float:
    return outcome.answered / outcome.seconds


def _record(pid: int, path: Path, *, title: str) -> None:
    """Raises:
    BenchmarkError: py-spy may not look at the process, or is missing.
    """
    py_spy = str(Path(sys.executable).with_name("py-spy"))
    argv = [py_spy, "record", "--pid", str(pid), "--duration", str(SECONDS), "--rate", str(PER_SECOND)]
    argv += ["--gil", "--function", "--threads", "--output", str(path)]  # who holds the GIL, not who waits
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BenchmarkError("py-spy is missing: pip install -r requirements-dev.txt") from None
    if done.returncode or not path.exists():
        last = (done.stderr.strip().splitlines() or ["no word why"])[-1]
        raise BenchmarkError(f"py-spy could not look at {title}: {last}")


def main() -> int:
    """The exit status: 0, or 2 after an error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description="See benchmarks/README.md.")
    parser.add_argument("--clients", type=int, default=8, help="that post orders (%(default)s)")
    clients: int = parser.parse_args().clients
    return run_command(lambda say: profile(clients, say), name="profile")


if __name__ == "__main__":
    sys.exit(main())
