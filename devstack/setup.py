"""What has to be done before the product can serve: schema, topics, static files, demo data."""

from dataclasses import dataclass, replace
from pathlib import Path

from devstack.command import Command
from devstack.console import Say
from devstack.demo import Account, known_account, remember_account
from devstack.home import Home
from devstack.product import manage
from devstack.registry import Registry
from devstack.tasks import run_for_output, run_task


@dataclass(frozen=True)
class Setup:
    """Runs management commands; each logs to setup.log."""

    root: Path
    home: Home
    registry: Registry
    environment: dict[str, str]
    say: Say

    def run(self) -> Account:
        """Bring everything up to date; safe to repeat.

        Raises:
            DevstackError: a command failed.
        """
        self.say("Migrating the database")
        run_task(self._command("migrate", "--noinput", "--verbosity", "1"), self.registry)
        self.say("Making sure the topics exist")
        run_task(self._command("ensure_topics"), self.registry)
        self.say("Collecting static files")
        run_task(self._command("collectstatic", "--noinput", "--verbosity", "0"), self.registry)
        return known_account(self.home) or self._load_demo()

    def _load_demo(self) -> Account:
        self.say("Loading the demo: a catalogue with stock, an admin and an API client")
        password = {"DEMO_ADMIN_PASSWORD": self.home.secret("admin_password")}
        command = replace(
            self._command("load_demo"),
            environment=self.environment | password,
            output=self.home.folder / "load_demo.out",
        )
        return remember_account(self.home, run_for_output(command, self.registry))

    def _command(self, *arguments: str) -> Command:
        return Command(
            name=f"manage.py {arguments[0]}",
            argv=manage(*arguments),
            log=self.home.log("setup"),
            environment=self.environment,
            folder=self.root,
        )
