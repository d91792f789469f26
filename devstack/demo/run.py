"""`make demo`."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from devstack import product
from devstack.console import Say
from devstack.demo.customers import Customers
from devstack.demo.faults import Faults
from devstack.demo.keyboard import Keyboard
from devstack.demo.shop import Shop
from devstack.demo.words import introduction
from devstack.errors import DevstackError
from devstack.files import read_json, write_json
from devstack.make_run.demo import Account
from devstack.make_run.run import Run, run
from devstack.ports import LOOPBACK
from devstack.processes.signals import Stopped
from devstack.processes.supervisor import POLL_INTERVAL


def run_demo(root: Path, say: Say, *, brokers: int = 1) -> int:
    """Run the demo until a signal comes or `q` is pressed; the exit status 0.

    Raises:
        DevstackError: the environment names servers of its own, whose data is no demo's.
    """
    for variable in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"):
        if os.environ.get(variable):
            raise DevstackError(f"the demo breaks things, so it starts servers of its own: unset {variable}")
    return run(root, say, brokers=brokers, make=Demo)


class Demo(Run):
    """`make run` with customers, one order that is stuck, and faults."""

    def _stay(self, account: Account) -> None:
        shop = Shop(self._port, account.api_token)
        faults = Faults(
            shop,
            self._say,
            services=self._services,
            servers=self._local.servers,
            owner_url=self._local.owner_url,
        )
        try:
            stuck = self._poison(faults)
            with Customers(shop), Keyboard() as keyboard:
                self._introduce(account, stuck, has_keys=keyboard.is_there)
                self._serve(keyboard, self._actions(faults), faults)
        finally:
            faults.end()

    def _serve(self, keyboard: Keyboard, actions: Mapping[str, Callable[[], object]], faults: Faults) -> None:
        while True:
            self._supervisor.check()
            faults.tick()
            if action := actions.get(keyboard.pressed().lower()):
                with faults.telling_problems():
                    action()
            time.sleep(POLL_INTERVAL)

    def _actions(self, faults: Faults) -> Mapping[str, Callable[[], object]]:
        return {
            "k": faults.kill_a_consumer,
            "b": faults.broker_away,
            "s": faults.sell_out,
            "p": lambda: self._say(
                f"Stuck within some seconds (press f, then Replay on its page): {self._page(faults.poison())}"
            ),
            "f": lambda: self._mend(faults),
            "q": _quit,
        }

    def _poison(self, faults: Faults) -> str:
        """The address of an order that is stuck; "" if none could be made."""
        with faults.telling_problems():
            order_id = faults.poison()
            if faults.wait_until_stuck(order_id):
                return self._page(order_id)
        return ""

    def _page(self, order_id: str) -> str:
        return f"http://{LOOPBACK}:{self._port}{product.order_page(order_id)}"

    def _mend(self, faults: Faults) -> None:
        faults.mend()
        self._say("Fixed. Now open a stuck order, and press Replay on its page.")

    def _introduce(self, account: Account, stuck: str, *, has_keys: bool) -> None:
        write_json(self._home.demo, read_json(self._home.demo) | {"stuck_order": stuck})
        url, password = f"http://{LOOPBACK}:{self._port}", self._home.secret("admin_password")
        user = account.admin_user
        self._say(introduction(url=url, user=user, password=password, stuck=stuck, has_keys=has_keys))


def _quit() -> None:
    raise Stopped(signal.SIGTERM)
