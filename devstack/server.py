"""The base of the PostgreSQL and Kafka servers: a folder, a port, and one process."""

from abc import abstractmethod
from pathlib import Path

from devstack.console import Say, silent
from devstack.errors import DevstackError
from devstack.files import last_lines
from devstack.ports import LOOPBACK, free_port, is_free
from devstack.processes.command import Command
from devstack.processes.process import Process
from devstack.processes.registry import Registry
from devstack.processes.tasks import run_to_end
from devstack.server_context import ServerContext
from devstack.waiting import wait_until


class Server(ServerContext):
    """A server that keeps its data in `folder` and listens on `port` of the loopback interface.

    As a context manager it is ready inside the block and stopped after it. `start`, `stop`, `kill`, `pause` and
    `resume` may be called in any order; the data, the port and the address stay the same.
    """

    name: str
    title: str
    ready_seconds = 60.0

    def __init__(
        self, folder: Path, *, port: int | None = None, log: Path | None = None, registry: Registry | None = None
    ):
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.log = log or self.folder / f"{self.name}.log"
        self._registry = registry
        self.process: Process | None = None
        self._step: Process | None = None

    @abstractmethod
    def install(self, say: Say) -> None:
        """Download the program if it is not on this machine. This may take long, and may be interrupted."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder if it does not exist, and clean up after a crash of the server."""

    @abstractmethod
    def command(self) -> Command:
        """The command that runs the server on a prepared folder."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it serves clients."""

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended; it may not be ready yet."""
        return self.process is not None and self.process.is_running

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self.process.exit_status if self.process else None

    def start(self) -> None:
        """Install, prepare and start it; does not wait until it is ready.

        Raises:
            DevstackError: it cannot be started.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.install(silent)
        self.prepare()
        self.process = self.process or Process(self.command(), self._registry)
        self.process.start()

    def wait_ready(self, seconds: float | None = None) -> None:
        """Return once it serves clients.

        Raises:
            DevstackError: it ended, or was not ready in time.
        """
        wait_until(lambda: self.is_ready() or not self.is_running, seconds=seconds or self.ready_seconds)
        if not self.is_running:
            if not is_free(self.port):
                raise DevstackError(f"{self.name} ended: port {self.port} on {LOOPBACK} is in use by another program")
            raise DevstackError(f"{self.name} ended at once; its log {self.log} says:\n{last_lines(self.log)}")
        if not self.is_ready():
            raise DevstackError(f"{self.name} is not ready after {seconds or self.ready_seconds:.0f} s; see {self.log}")

    def run_step(self, command: Command) -> None:
        """Run a command of `prepare`; `stop` and `kill` end it too.

        Raises:
            DevstackError: it failed.
        """
        self._step = Process(command, self._registry)
        run_to_end(self._step)

    def stop(self, seconds: float | None = None) -> None:
        """Shut it down cleanly; SIGKILL after `seconds`."""
        if self._step:
            self._step.kill()
        if self.process:
            self.process.stop(seconds)

    def kill(self) -> None:
        """Send SIGKILL to all its processes; to clients this looks like a crash of the machine."""
        if self._step:
            self._step.kill()
        if self.process:
            self.process.kill()

    def pause(self) -> None:
        """Stop its processes by SIGSTOP: connections stay open, and nothing responds."""
        if self.process:
            self.process.pause()

    def resume(self) -> None:
        """Undo `pause`."""
        if self.process:
            self.process.resume()
