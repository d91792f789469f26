"""The supervisor of the web server's workers: uvicorn's, but for how it asks them for a sign of life."""

import os
import signal
import threading
import time
from multiprocessing import parent_process, resource_tracker
from socket import socket
from typing import Any

import structlog
from uvicorn.supervisors import Multiprocess, multiprocess

log = structlog.get_logger(__name__)

# That a worker may take to end after SIGTERM, before it is killed: whoever stops the server gives it ten or more.
STOP_SECONDS = 8.0


class Worker(multiprocess.Process):
    """A worker process. Whether it is alive is found out without waiting for it.

    uvicorn's own waits for an answer, up to the time limit. A worker that dies meanwhile sends none, and as its
    supervisor holds both ends of the pipe, that does not end: for a minute the worker was not replaced, no other one
    was looked after, and SIGTERM was not heard.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.serves = False  # as it answered last
        self._asked_at: float | None = None  # since when an answer is due
        self._started_at = float("inf")
        self._stop_by = float("inf")  # once it is told to end

    def start(self) -> None:
        """Start it, without Ctrl-C: that is for the supervisor, which tells its workers. One that loads would end in a
        traceback.
        """
        resource_tracker.ensure_running()  # what `start` does first otherwise, and it unblocks signals
        self._started_at = time.monotonic()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the new process has this mask, too
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def target(self, sockets: list[socket] | None = None) -> None:
        """What the new process does: serve, for as long as its supervisor lives."""
        threading.Thread(target=_stop_without_supervisor, name="supervisor-watch", daemon=True).start()
        super().target(sockets)

    def is_alive(self, timeout: float = 5) -> bool:
        """Whether it runs, and has been silent for less than `timeout` seconds. To be called again and again."""
        if not self.process.is_alive():
            return False
        now = time.monotonic()
        try:
            while self.parent_conn.poll():
                self.serves = self.parent_conn.recv()
                self._asked_at = None
            if self._asked_at is None:
                self.parent_conn.send(b"ping")
                self._asked_at = now
        except (OSError, EOFError):  # it has just ended
            return False
        return now - self._asked_at < timeout

    def may_still_serve(self, *, within: float) -> bool:
        """Whether it serves, or is still loading, so many seconds after its start at most."""
        is_late = not self.serves and time.monotonic() - self._started_at >= within
        return self.is_alive(within) and not is_late

    def has_left(self) -> bool:
        """Whether it has ended after `terminate`. It is killed where that takes too long. Does not wait."""
        if self.process.is_alive() and time.monotonic() < self._stop_by:
            return False
        self.join()
        return True

    def terminate(self) -> None:
        """Ask it to end. Its time for that begins when it is asked first."""
        self._stop_by = min(self._stop_by, time.monotonic() + STOP_SECONDS)
        super().terminate()

    def join(self) -> None:
        """Wait for its end. After `terminate` it is killed where that takes too long: it may be frozen."""
        if self._stop_by < float("inf"):
            self.process.join(max(0.0, self._stop_by - time.monotonic()))
            if self.process.is_alive():
                self.process.kill()
        super().join()


def _stop_without_supervisor() -> None:
    """Stop this worker once its supervisor has ended, as by SIGKILL, which tells no worker.

    It would serve on for ever, with nobody to replace it, and with the address that the next server needs.
    """
    supervisor = parent_process()
    assert supervisor is not None
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)  # as its supervisor would
    os.kill(os.getpid(), signal.SIGKILL)


class Supervisor(Multiprocess):
    """Keeps as many workers at work as there are to be, until SIGTERM or SIGINT; SIGHUP replaces them one by one.

    Replacing goes on in steps, one at each look at the workers. uvicorn's own waits, for a new worker up to the limit
    for signs of life and then for the old one's last requests: meanwhile SIGTERM was not heard, and no worker that died
    was missed.
    """

    processes: list[Worker]  # type: ignore[assignment]  # by `run`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._outdated: list[Worker] = []  # to be replaced
        self._replacement: Worker | None = None  # which is loading
        self._leaving: list[Worker] = []  # they answer their last requests

    def run(self) -> None:
        multiprocess.Process = Worker  # type: ignore[misc]  # uvicorn makes its workers by this name
        super().run()

    def restart_all(self) -> None:
        """Have all workers replaced, also one that is only loading."""
        self._outdated = self._all()

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        if self.should_exit.is_set():
            return
        self._leaving = [worker for worker in self._leaving if not worker.has_left()]
        if self._replacement is not None:
            self._look_at(self._replacement)
        elif not self._leaving and any(worker in self._outdated for worker in self.processes):
            self._replacement = Worker(self.config, self.sockets)
            self._replacement.start()

    def terminate_all(self) -> None:
        self.processes = self._all()
        super().terminate_all()

    def _all(self) -> list[Worker]:
        return [*self.processes, *([self._replacement] if self._replacement else []), *self._leaving]

    def _look_at(self, replacement: Worker) -> None:
        """Put it in the place of an outdated worker if it serves; if it does not come to that, keep the others."""
        if not replacement.may_still_serve(within=self.config.timeout_worker_healthcheck):
            replacement.kill()
            replacement.join()
            log.error("workers_not_replaced", reason="a new worker did not come to serve: see what it logged")
            self._replacement, self._outdated = None, []
        elif replacement.serves:
            self._replacement = None
            place = next((at for at, each in enumerate(self.processes) if each in self._outdated), None)
            self._leaving.append(replacement if place is None else self.processes[place])
            if place is not None:
                self.processes[place] = replacement
            self._leaving[-1].terminate()

    def handle_ttou(self) -> None:
        """Have one worker less, if there are several."""
        if self.processes_num > 1:
            self.processes_num -= 1
            self._leaving.append(self.processes.pop())
            self._leaving[-1].terminate()
