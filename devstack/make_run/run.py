"""`make run`: PostgreSQL, Kafka and the product, until Ctrl-C."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devstack import product
from devstack.console import Say
from devstack.files import write_json
from devstack.home import NAME, Home
from devstack.local_servers import LocalServers, local_servers
from devstack.make_run.chosen_ports import metrics_ports, require_free, web_port
from devstack.make_run.demo import Account, some_sku
from devstack.make_run.setup import Setup
from devstack.make_run.timing import timed
from devstack.make_run.welcome import welcome
from devstack.ports import LOOPBACK
from devstack.processes.command import Command
from devstack.processes.process import Process
from devstack.processes.registry import Registry, clean_up
from devstack.processes.signals import Stopped, stopping
from devstack.processes.supervisor import POLL_INTERVAL, Supervisor
from devstack.readiness import is_ready_at
from devstack.stack import start_together

LEFTOVER_SECONDS = 8.0
SERVICE_STOP_SECONDS = 7.0
WAIT_SECONDS = 60.0


def run(root: Path, say: Say, *, brokers: int = 1, make: "type[Run] | None" = None) -> int:
    """Run everything, with so many Kafka brokers, until a signal comes; the exit status 0.

    Args:
        make: what is run; `make run` by default.

    Raises:
        DevstackError: something cannot be started, or fails again and again.
    """
    port = web_port()
    home = Home(root / NAME)
    home.claim()
    if left := clean_up(home.registry, grace=LEFTOVER_SECONDS):
        say(f"Ended what a run that was killed had left behind: {', '.join(left)}")
    require_free(port)
    for metrics_port in metrics_ports(commands_here(port)).values():
        require_free(metrics_port, variable="METRICS_PORT")
    try:
        (make or Run)(root, home, port, say, brokers).until_stopped()
    except Stopped:
        say("Stopped. The data stays in .devstack/ for the next `make run`.")
    return 0


def commands_here(port: int) -> dict[str, tuple[str, ...]]:
    """The product's processes on this machine, by name."""
    return product.services_here(port, cores=os.cpu_count() or 1)


class Run:
    """One `make run` in a claimed home folder. All processes are recorded in the home's registry."""

    def __init__(self, root: Path, home: Home, port: int, say: Say, brokers: int) -> None:
        self._root, self._home, self._port, self._say = root, home, port, say
        self._registry = Registry(home.registry)
        self._local: LocalServers = local_servers(home, self._registry, brokers=brokers)
        self._services: list[Process] = []
        self._metrics_ports = metrics_ports(commands_here(port))
        self._supervisor = Supervisor(say)
        self._environment = dict(self._local.environment) | product.environment(
            secret_key=home.secret("secret_key"), static=home.static
        )

    def until_stopped(self) -> None:
        """Start everything and keep it running, until `Stopped` or a DevstackError is raised; stops it all then."""
        self._registry.open()
        try:
            account = self._start_servers()
            with timed(self._say, "All are ready"):
                self._start_services()
                self._wait_until_ready()
            self._announce(account)
            self._stay(account)
        finally:
            stopping()
            self._stop()

    def _stay(self, account: Account) -> None:  # noqa: ARG002 - others do something with it
        """Keep everything running."""
        self._supervisor.run_forever()

    def _start_servers(self) -> Account:
        names = ", ".join(server.title for server in self._local.servers)
        if names:
            self._say(f"Starting {names} (data and logs in {NAME}/)")
        for variable in self._local.given:
            self._say(f"Using what {variable} names")
        environment = self._environment | {"DATABASE_URL": self._local.owner_url}
        setup = Setup(self._root, self._home, self._registry, environment, self._say)
        start_together([*self._local.servers, setup], self._say, self._supervisor)
        return setup.account()

    def _start_services(self) -> None:
        commands = commands_here(self._port)
        self._say(f"Starting {', '.join(commands)} (their output: {NAME}/logs/)")
        for name, argv in commands.items():
            command = Command(name, argv, self._home.log(name), self._environment | self._metrics(name), self._root)
            service = Process(command, self._registry)
            self._services.append(service)
            service.start()
        self._supervisor.watch(self._services)

    def _metrics(self, name: str) -> dict[str, str]:
        return {"METRICS_PORT": str(self._metrics_ports[name])} if name in self._metrics_ports else {}

    def _wait_until_ready(self) -> None:
        said, wait_ends = False, time.monotonic() + WAIT_SECONDS
        while not self._is_web_ready():
            self._supervisor.check()
            if not said and time.monotonic() > wait_ends:
                self._say(f"Still not ready: see {self._home.log('web')} and /health/ready")
                said = True
            time.sleep(POLL_INTERVAL)

    def _is_web_ready(self) -> bool:
        return any(is_ready_at(self._port, service) for service in self._services if service.name == product.WEB)

    def _announce(self, account: Account) -> None:
        url, password = f"http://{LOOPBACK}:{self._port}", self._home.secret("admin_password")
        demo = {
            "url": url,
            "admin_user": account.admin_user,
            "admin_password": password,
            "api_token": account.api_token,
            "database_url": self._local.environment["DATABASE_URL"],
            "database_owner_url": self._local.owner_url,
            "kafka_bootstrap_servers": self._local.environment["KAFKA_BOOTSTRAP_SERVERS"],
            "kafka_topic_replication": self._local.environment.get("KAFKA_TOPIC_REPLICATION", ""),
        }
        write_json(self._home.demo, demo)
        sku = some_sku(self._port, account.api_token)
        self._say(
            welcome(
                url=url,
                account=account,
                admin_password=password,
                sku=sku,
                logs=f"{NAME}/logs/",
                metrics_ports=self._metrics_ports,
            )
        )

    def _stop(self) -> None:
        """Stop the services, then the servers that they use; takes 15 s at most."""
        if self._services:
            self._say("Stopping web, consumers and relay")
            with timed(self._say, "They are stopped"), ThreadPoolExecutor(len(self._services)) as pool:
                list(pool.map(lambda service: service.stop(SERVICE_STOP_SECONDS), self._services))
        if running := ", ".join(server.title for server in self._local.servers if server.is_running):
            self._say(f"Stopping {running}")
        with timed(self._say, f"{running} stopped"), ThreadPoolExecutor(max(1, len(self._local.servers))) as pool:
            list(pool.map(lambda server: server.stop(), self._local.servers))
        self._registry.close()
