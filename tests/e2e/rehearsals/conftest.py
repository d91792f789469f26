"""A Prometheus that scrapes the running system."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from devstack.ports import LOOPBACK, free_port
from devstack.processes.command import Command
from devstack.processes.process import Process
from tests.e2e.system import SERVICES, System
from tests.prometheus import RULES, program
from tests.waiting import wait_until

_JOBS = {"web": "orderflow-web", "relay": "orderflow-relay"}
LATER_TARGETS = "later.json"
# What stands in the rules, what is put there instead, and how often.
_IMPATIENT = (
    (r"for: \d+[mh]$", "for: 1s", 15),
    (r"_seconds\) > 60$", "_seconds) > 3", 2),
    (r"(requests_rejected_total|problems_total)(\{.+?\})\[5m\]", r"\1\2[15s]", 2),
    (r" > 172800$", " > 5", 1),
    (r"offset 2d", "offset 5s", 1),
)


class Prometheus:
    """Prometheus with the product's alerts, which are as they are but for their times: seconds instead of minutes."""

    def __init__(self, folder: Path, system: System) -> None:
        self._folder = folder
        self._url = f"http://{LOOPBACK}:{free_port()}"
        self._http = urllib3.PoolManager(retries=False, timeout=10.0)
        (folder / "alerts.yml").write_text(_impatient(RULES.read_text()))
        (folder / "prometheus.yml").write_text(json.dumps(_config(system)))  # JSON is YAML
        argv = (
            program("prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self._url.removeprefix('http://')}",
        )
        self.process = Process(Command("prometheus", argv, folder / "prometheus.log"))

    def get(self, path: str, **parameters: str) -> Any:
        """The data of an answer of its API; None while it does not listen, or starts."""
        try:
            answer = self._http.request("GET", f"{self._url}/api/v1/{path}", fields=parameters)
        except urllib3.exceptions.HTTPError:
            return None
        assert answer.status in (200, 503), answer.data
        return answer.json()["data"] if answer.status == 200 else None

    def value(self, expression: str) -> float | None:
        """The value of the first series of an expression; None if there is none."""
        data = self.get("query", query=expression)
        return float(data["result"][0]["value"][1]) if data and data["result"] else None

    def scrape_too(self, port: int) -> None:
        """Scrape a process that is not of the system, from now on."""
        (self._folder / LATER_TARGETS).write_text(json.dumps([{"targets": [f"{LOOPBACK}:{port}"]}]))

    def scrape_no_other(self) -> None:
        (self._folder / LATER_TARGETS).write_text("[]")

    def firing(self, alert: str, **labels: str) -> bool:
        wanted = labels | {"alertname": alert}
        found = [each for each in self.get("alerts")["alerts"] if each["state"] == "firing"]
        return any(wanted.items() <= each["labels"].items() for each in found)

    def wait_for(self, alert: str, **labels: str) -> None:
        wait_until(lambda: self.firing(alert, **labels), within=60, what=f"{alert} {labels} fires")

    def wait_for_end_of(self, alert: str, **labels: str) -> None:
        wait_until(lambda: not self.firing(alert, **labels), within=60, what=f"{alert} {labels} ends")


def _impatient(rules: str) -> str:
    for patient, impatient, count in _IMPATIENT:
        rules, changed = re.subn(patient, impatient, rules, flags=re.MULTILINE)
        assert changed == count, (patient, changed)
    assert yaml.safe_load(rules)
    return rules


def _config(system: System) -> dict[str, Any]:
    return {
        # A scrape waits 2 s for a Kafka that is away.
        "global": {"scrape_interval": "3s", "scrape_timeout": "3s", "evaluation_interval": "500ms"},
        "rule_files": ["alerts.yml"],
        "scrape_configs": [
            {
                "job_name": _JOBS.get(name, f"orderflow-{name}"),
                "static_configs": [{"targets": [f"{LOOPBACK}:{system.metrics_port(name)}"]}],
            }
            for name in SERVICES
        ]
        + [{"job_name": "orderflow-prune", "file_sd_configs": [{"files": [LATER_TARGETS], "refresh_interval": "1s"}]}],
    }


@pytest.fixture(scope="session")
def _prometheus(_system, tmp_path_factory) -> Iterator[Prometheus]:
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), _system)
    prometheus.process.start()
    try:
        wait_until(lambda: prometheus.get("status/buildinfo"), within=30, what="Prometheus answers")
        yield prometheus
    finally:
        prometheus.process.stop(5)


@pytest.fixture
def prometheus(_prometheus, system) -> Prometheus:
    """It has scraped every process of the system."""
    everyone = f'count(up{{job=~"orderflow-.*"}} == 1) == {len(SERVICES)}'
    wait_until(lambda: _prometheus.value(everyone), within=60, what="all are scraped")
    wait_until(lambda: _prometheus.value("orderflow_dependency_up"), within=60, what="the pipeline is seen")
    return _prometheus
