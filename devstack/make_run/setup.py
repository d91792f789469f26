"""The product's set-up before it can serve: schema, topics, static files, demo data."""

import time
from dataclasses import dataclass
from pathlib import Path

from devstack.console import Say
from devstack.errors import DevstackError
from devstack.home import Home
from devstack.make_run.demo import Account, known_account, remember_account
from devstack.processes.command import Command
from devstack.processes.process import Process
from devstack.processes.registry import Registry
from devstack.processes.tasks import require_success
from devstack.product import prepare

POLL_INTERVAL = 0.05


@dataclass(frozen=True)
class _OutputFollower:
    """Prints the lines that a process writes to a file, except a line of JSON, which may have secrets."""

    file: Path
    say: Say

    def follow(self, process: Process) -> list[str]:
        """Print lines until the process has ended; returns all of them."""
        printed = 0
        while True:
            has_ended = not process.is_running
            lines = self.file.read_text(encoding="utf-8").split("\n")[:-1]  # the last one may be incomplete
            for line in lines[printed:]:
                if not line.startswith("{"):
                    self.say(line)
            printed = len(lines)
            if has_ended:
                return lines
            time.sleep(POLL_INTERVAL)


class Setup:
    """The product's command `prepare`, which is started together with the servers and waits for them.

    Its log is setup.log.
    """

    title = "The product's set-up"

    def __init__(self, root: Path, home: Home, registry: Registry, environment: dict[str, str], say: Say) -> None:
        self._home = home
        self._say = say
        self._output = home.folder / "prepare.out"
        self._account = known_account(home)
        password = {} if self._account else {"DEMO_ADMIN_PASSWORD": home.secret("admin_password")}
        command = Command(
            name="manage.py prepare",
            argv=prepare(demo=self._account is None),
            log=home.log("setup"),
            environment=environment | password,
            folder=root,
            output=self._output,
        )
        self.process = Process(command, registry)

    def install(self, say: Say) -> None:
        """Do nothing: the product is installed."""

    def start(self) -> None:
        """Start it."""
        self.process.start()

    def wait_ready(self) -> None:
        """Print its progress, and return once it has succeeded.

        Raises:
            DevstackError: it failed; the message has the end of its log.
        """
        try:
            lines = _OutputFollower(self._output, self._say).follow(self.process)
            self.process.stop(2)
            require_success(self.process)
        finally:
            self._output.unlink(missing_ok=True)
        self._account = self._account or remember_account(self._home, "\n".join(lines))

    def stop(self, seconds: float | None = None) -> None:
        """End it at any point: it is safe to repeat."""
        self.process.stop(seconds)

    def account(self) -> Account:
        """The demo's log-ins.

        Raises:
            DevstackError: the set-up has not succeeded yet.
        """
        if self._account is None:
            raise DevstackError(f"{self.title} is not done")
        return self._account
