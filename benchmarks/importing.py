"""(e): the import of the nine shared days, from the start of the command until every order is invoiced."""

import time
from pathlib import Path

from benchmarks.instance import Instance
from benchmarks.servers import Servers
from benchmarks.version import ROOT
from devstack.product import manage

DATA = ROOT.parent / "shared" / "data" / "online-retail"
ORDERS = 969  # of the nine days
OPTIONS = (
    *("--profile", "online-retail", "--create-products", "--on-hand", "1000000"),
    *("--default-customer", "GUEST"),
)


def shared_days() -> list[Path]:
    """The files of the shared data; none if it is not beside this checkout."""
    return sorted(DATA.glob("*.csv"))


def measure_import(servers: Servers, ours: Instance) -> float:
    """Seconds until the last order is invoiced."""
    began = time.perf_counter()
    servers.run("import_orders", manage("import_orders", *OPTIONS, *map(str, shared_days())), ours.environment)
    ours.wait_invoiced(ORDERS, seconds=300)
    seconds = time.perf_counter() - began
    ours.wait_settled()
    return seconds
