"""`make pictures`: the README's pictures, of a shop that works, with one order that is stuck.

The servers are those of DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS; `--all` also takes what the README does not show: the
operations page of an empty shop and of one whose consumers are away, and the pages of dead letters and replays.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from devstack.demo.customers import Customers
from devstack.demo.shop import Shop as Client
from devstack.product import MEND, POISON, POISON_QUANTITY
from tests.browser.conftest import log_in
from tests.browser.shop import ROOT, Shop, running_shop
from tests.waiting import wait_until

FOLDER = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 860}
LARGEST = 150_000  # bytes of a picture
ORDERS = 240


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", metavar="FOLDER", type=Path, help="put all pictures there, and change none of docs/")
    options = parser.parse_args(argv)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("no Chromium: apt-get install --no-install-recommends chromium")
    folder = options.all or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        running_shop(Path(temporary)) as shop,
        _browser(chromium) as browser,
    ):
        Photographer(shop, browser, folder, takes_all=options.all is not None).work()
    return 0


@contextmanager
def _browser(chromium: str) -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        yield browser
        browser.close()


class Photographer:
    """Takes pictures of a shop, as its admin sees it."""

    def __init__(self, shop: Shop, browser: Browser, folder: Path, *, takes_all: bool) -> None:
        self._shop, self._folder, self._takes_all = shop, folder, takes_all
        self._client = Client(shop.port, shop.token())
        self._page = browser.new_context(base_url=shop.url, viewport=SIZE).new_page()

    def work(self) -> None:
        log_in(self._page)
        self._extra("operations-empty", "/operations/")
        self._trade()
        healthy = self._client.get("/orders")["results"][3]["id"]
        self._take("order", f"/admin/orders/order/{healthy}/change/", of="Timeline")
        self._extra("orders", "/admin/orders/order/")
        self._extra("operations-healthy", "/operations/")
        stuck = self._poison()
        self._spread()
        self._take("operations", "/operations/")
        self._extra("order-stuck", f"/admin/orders/order/{stuck}/change/")
        self._invoice(self._client.get("/invoices")["results"][0]["number"])
        if self._takes_all:
            self._dead_letters(stuck)
            self._sick()

    def _trade(self) -> None:
        with Customers(self._client, pause=(0.0, 0.02)) as customers:
            wait_until(lambda: customers.placed >= ORDERS, within=120, what="there are orders")
        wait_until(self._all_invoiced, within=60, what="they are invoiced")

    def _spread(self) -> None:
        """Have the orders come in over the last hour, more and more of them: a plot of one minute shows nothing."""
        moved = "placed_at - power(random(), 2) * INTERVAL '58 minutes'"
        self._shop.execute(
            "SET session_replication_role = replica;"
            f"UPDATE orders_order SET placed_at = {moved} WHERE invoice_number <> '';"
            "UPDATE invoicing_invoice AS invoice SET issued_at = placed_at + INTERVAL '50 ms'"
            " FROM orders_order AS o WHERE o.id = invoice.order_id"
        )

    def _all_invoiced(self) -> bool:
        return all(order["invoice_number"] for order in self._client.get("/orders")["results"])

    def _poison(self) -> str:
        self._shop.execute(POISON)
        order_id = str(self._client.place(("20725", POISON_QUANTITY), customer="C-107", reference="PO-77")["id"])
        wait_until(lambda: "dead_letter" in str(self._client.get(f"/orders/{order_id}/events")), what="it is stuck")
        return order_id

    def _dead_letters(self, stuck: str) -> None:
        self._shop.execute(MEND)
        self._extra("dead-letters", "/admin/messaging/deadletter/")
        self._extra("replay-many", "/admin/messaging/deadletter/replay_many/")
        self._page.get_by_role("button", name="Replay", exact=True).click()
        wait_until(lambda: self._client.get(f"/orders/{stuck}")["invoice_number"], within=30, what="it was replayed")
        self._extra("replays", "/admin/messaging/replay/")
        self._page.locator("#result_list a").first.click()
        self._shoot("replay")
        self._extra("dead-letter", "/admin/messaging/deadletter/?state=replayed")

    def _sick(self) -> None:
        self._shop.kill("consumers")
        self._shop.execute(POISON)
        for number in range(20):
            self._client.place(("22139", 1), customer="C-1", reference=f"PO-{number}")
        time.sleep(35)
        self._extra("operations-sick", "/operations/")

    def _invoice(self, number: str) -> None:
        """The invoice as it is printed."""
        self._page.goto(f"/invoices/{number}.html")
        self._shoot("invoice")

    def _extra(self, name: str, path: str) -> None:
        if self._takes_all:
            self._take(name, path)

    def _take(self, name: str, path: str, *, of: str = "") -> None:
        self._page.goto(path)
        self._page.wait_for_load_state("networkidle")
        if of:
            self._page.get_by_label(of, exact=True).evaluate("element => element.scrollIntoView({block: 'center'})")
        self._shoot(name)

    def _shoot(self, name: str) -> None:
        file = self._folder / f"{name}.png"
        self._page.screenshot(path=file, scale="css", animations="disabled", full_page=self._takes_all)
        size = file.stat().st_size
        print(f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file}: {size // 1000} kB")
        assert self._takes_all or size <= LARGEST, f"{name} is too large"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
