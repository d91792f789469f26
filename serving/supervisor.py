"""The supervisor of the web server's workers: uvicorn's, but for how it asks them for a sign of life."""

import signal
import time
from multiprocessing import resource_tracker
from typing import Any

from uvicorn.supervisors import Multiprocess, multiprocess

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
        self._asked_at: float | None = None  # since when an answer is due
        self._stop_by: float | None = None

    def start(self) -> None:
        """Start it, without Ctrl-C: that is for the supervisor, which tells its workers. One that loads would end in a
        traceback.
        """
        resource_tracker.ensure_running()  # what `start` does first otherwise, and it unblocks signals
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the new process has this mask, too
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def is_alive(self, timeout: float = 5) -> bool:
        """Whether it runs, and has been silent for less than `timeout` seconds. To be called again and again."""
        if not self.process.is_alive():
            return False
        now = time.monotonic()
        try:
            while self.parent_conn.poll():
                self.parent_conn.recv()
                self._asked_at = None
            if self._asked_at is None:
                self.parent_conn.send(b"ping")
                self._asked_at = now
        except (OSError, EOFError):  # it has just ended
            return False
        return now - self._asked_at < timeout

    def terminate(self) -> None:
        self._stop_by = time.monotonic() + STOP_SECONDS
        super().terminate()

    def join(self) -> None:
        """Wait for its end. After `terminate` it is killed where that takes too long: it may be frozen."""
        if self._stop_by is not None:
            self.process.join(max(0.0, self._stop_by - time.monotonic()))
            if self.process.is_alive():
                self.process.kill()
        super().join()


class Supervisor(Multiprocess):
    """Keeps as many workers at work as there are to be, until SIGTERM or SIGINT; SIGHUP replaces them one by one."""

    def run(self) -> None:
        multiprocess.Process = Worker  # type: ignore[misc]  # uvicorn makes its workers by this name
        super().run()
