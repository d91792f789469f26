"""What has to be done before the product can serve: schema, topics, static files, demo data."""

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
class _Relay:
    """Says the lines that a process writes to a file, but for a result in JSON, which may be secret."""

    file: Path
    say: Say

    def follow(self, process: Process) -> list[str]:
        """Return all lines once the process has ended."""
        said = 0
        while True:
            is_over = not process.is_running
            lines = self.file.read_text(encoding="utf-8").split("\n")[:-1]  # what is behind the last \n is not whole
            for line in lines[said:]:
                if not line.startswith("{"):
                    self.say(line)
            said = len(lines)
            if is_over:
                return lines
            time.sleep(POLL_INTERVAL)


class Setup:
    """The product's command `prepare`, started together with the servers that it waits for; it logs to setup.log."""

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
        self._process = Process(command, registry)

    def install(self, say: Say) -> None:
        """Nothing has to be fetched for it."""

    def start(self) -> None:
        """Start it."""
        self._process.start()

    def wait_ready(self) -> None:
        """Return once all is up to date, and say meanwhile what is being done.

        Raises:
            DevstackError: it failed; the message has the end of its log.
        """
        try:
            lines = _Relay(self._output, self._say).follow(self._process)
            self._process.stop(2)
            require_success(self._process)
        finally:
            self._output.unlink(missing_ok=True)
        self._account = self._account or remember_account(self._home, "\n".join(lines))

    def stop(self, seconds: float | None = None) -> None:
        """End it, wherever it is: it is safe to repeat."""
        self._process.stop(seconds)

    def account(self) -> Account:
        """Who may log in.

        Raises:
            DevstackError: it was not done yet.
        """
        if self._account is None:
            raise DevstackError(f"{self.title} is not done")
        return self._account
