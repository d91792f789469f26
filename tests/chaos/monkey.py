"""Carries out the planned faults on a running system, and mends each when its time is over."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence

import psycopg2

from devstack.processes import tree
from devstack.processes.process import Process
from devstack.server import Server
from devstack.waiting import wait_until
from tests.chaos.faults import Fault
from tests.e2e.system import System

STOP_SECONDS = 10.0  # that a process has after SIGTERM
LOOK = 0.1  # seconds between two looks at what is due

_BACKENDS = """
    SELECT pid FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY backend_start
"""

Say = Callable[[str], None]


class Monkey:
    """One thread does all, so that faults come in the order of the plan; `run` returns when all is mended."""

    def __init__(self, system: System, faults: Sequence[Fault], say: Say) -> None:
        self._system = system
        self._faults = faults
        self._say = say
        self._active: list[tuple[float, Fault, Callable[[], None]]] = []
        self.done: Counter[str] = Counter()  # faults by kind
        self.remarks: list[str] = []  # processes that ended by themselves, or not when they were asked to

    def run(self) -> None:
        began = time.monotonic()
        try:
            for fault in self._faults:
                while time.monotonic() < began + fault.at:
                    self._tend()
                    time.sleep(LOOK)
                self._mend(self._due(fault.resource))
                self._break(fault)
        finally:
            self._mend(self._due(None))

    def _tend(self) -> None:
        """Mend what is due, and do what a supervisor would: start again what ended by itself."""
        self._mend([entry for entry in self._active if entry[0] <= time.monotonic()])
        broken = {fault.resource for _, fault, _ in self._active}
        for name, process in self._system.processes.items():
            if name not in broken and not process.is_running:
                self.remarks.append(f"{name} ended by itself with {process.exit_status}")
                process.kill()  # whatever of it is left
                process.start()

    def _due(self, resource: str | None) -> list[tuple[float, Fault, Callable[[], None]]]:
        """What is broken of this resource, or at all: we may be late."""
        return [entry for entry in self._active if resource in (None, entry[1].resource)]

    def _mend(self, entries: Sequence[tuple[float, Fault, Callable[[], None]]]) -> None:
        for entry in sorted(entries, key=lambda entry: entry[0]):
            self._active.remove(entry)
            entry[2]()

    def _break(self, fault: Fault) -> None:
        self._say(str(fault))
        if fault.resource in ("kafka", "postgres"):
            mend = self._break_server(fault, getattr(self._system, fault.resource))
        elif fault.kind == "join":
            mend = self._join(fault)
        else:
            mend = self._break_process(fault, self._system.processes[fault.resource])
        self.done[fault.kind] += 1
        self._active.append((time.monotonic() + fault.lasts, fault, mend))

    def _break_server(self, fault: Fault, server: Server) -> Callable[[], None]:
        if fault.kind.endswith("-stop"):
            server.pause()
            return server.resume
        if fault.kind == "postgres-backend":
            self._kill_backend(fault.pick)
            return lambda: None
        server.kill()
        return server.start

    def _kill_backend(self, pick: float) -> None:
        """PostgreSQL then takes shared memory for damaged: it ends all connections and recovers from its WAL."""
        try:
            pids = [pid for (pid,) in self._system.query(_BACKENDS)]
        except psycopg2.OperationalError:
            return  # it is recovering already
        if pids:
            tree.send(_leader(pids[int(pick * len(pids))]), signal.SIGKILL)

    def _join(self, fault: Fault) -> Callable[[], None]:
        """One more member: partitions move to it, and back when it leaves or dies."""
        self._system.start(fault.target)
        process = self._system.processes[fault.target]

        def leave() -> None:
            del self._system.processes[fault.target]
            if fault.pick < 0.5:
                tree.send(_leader(process.pid), signal.SIGTERM)
                self._await_end(process)
            else:
                process.kill()

        return leave

    def _break_process(self, fault: Fault, process: Process) -> Callable[[], None]:
        victims = self._victims(fault, process)
        if fault.kind == "stop":
            tree.send(victims, signal.SIGSTOP)
            return lambda: tree.send(victims, signal.SIGCONT)
        if fault.kind == "term":
            tree.send(_leader(process.pid), signal.SIGTERM)
            return lambda: self._restart_stopped(process)
        tree.send(victims, signal.SIGKILL)
        if fault.target == "web/worker":
            return lambda: None  # the master starts another
        return lambda: self._restart_killed(process)

    def _victims(self, fault: Fault, process: Process) -> list[tree.Handle]:
        """All processes of a service; or of the web server its master or one of its workers."""
        if fault.target == "web/master":
            return _leader(process.pid)
        family = sorted(process.family(), key=lambda one: one.pid)
        workers = [one for one in family if one.pid != process.pid]
        if fault.target == "web/worker" and workers:
            return [workers[int(fault.pick * len(workers))]]
        return family

    def _restart_killed(self, process: Process) -> None:
        process.kill()  # workers that outlived their master
        process.start()

    def _restart_stopped(self, process: Process) -> None:
        self._await_end(process)
        process.start()

    def _await_end(self, process: Process) -> None:
        """Of a process that has got its SIGTERM: a second one might hit it when it listens no more."""
        wait_until(lambda: not process.is_running, seconds=STOP_SECONDS)
        process.kill()
        if process.exit_status != 0:
            self.remarks.append(f"{process.name} ended with {process.exit_status} after SIGTERM")


def _leader(pid: int) -> list[tree.Handle]:
    """The process itself; none if it has ended just now."""
    return tree.family(pid)[:1]
