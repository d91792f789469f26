"""Alerts, their pages, and the dashboard: what deploy/ has agrees with the product and with itself."""

import json
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from prometheus_client import REGISTRY, Gauge

from inventory.events import BACKORDER_EXPIRED, INSUFFICIENT_STOCK
from operations.monitoring import collector
from operations.monitoring.collector import PipelineCollector
from tests.prometheus import DASHBOARD, ROOT, RULES, alerts, metrics_in, program, runbook

PAGE = (ROOT / "docs" / "monitoring.md").read_text()
COMMAND = re.compile(r"manage\.py (\w+[^`\n]*)")
STANDS_FOR = {"ID": "1", "REPLAY": "1", "ORDER": "01890000-0000-7000-8000-000000000000"}
BOUNDED = {"consumer", "topic", "type", "error", "cause", "reason", "status", "outcome", "kind", "dependency", "le"}
WHERE_METRICS_ARE = [
    "api.logins.limiting",
    *(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted(ROOT.glob("[a-z]*/**/metrics.py"))),
]
HISTOGRAM = re.compile(r"_(?:bucket|sum|count)$")


def panels() -> list[dict]:
    return json.loads(DASHBOARD.read_text())["panels"]


def expressions_of_panels() -> list[str]:
    return [target["expr"].replace("$__rate_interval", "5m") for panel in panels() for target in panel["targets"]]


def families(monkeypatch) -> dict[str, set[str]]:
    """The labels of each of the product's metrics, by its name."""
    monkeypatch.setattr(collector, "_database", lambda: iter(()))
    for module in WHERE_METRICS_ARE:
        import_module(module)
    own = {
        f"{each._name}_total" if each._type == "counter" else each._name: set(each._labelnames)
        for each in set(REGISTRY._names_to_collectors.values())
        if getattr(each, "_name", "").startswith("orderflow_")
    }
    text = (ROOT / "operations" / "monitoring" / "collector.py").read_text()
    return (
        own
        | {f"orderflow_{name}": set() for name in re.findall(r'_gauge\(\s*"(\w+)"', text)}
        | {family.name: set() for family in PipelineCollector(list).collect()}
    )


def promtool(*arguments: str | Path) -> None:
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_expression_of_the_dashboard_is_valid(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(expressions_of_panels())]
    recorded = tmp_path / "panels.yml"
    recorded.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    promtool("check", "rules", RULES, recorded)


def test_the_configuration_is_valid():
    config = ROOT / "deploy" / "prometheus" / "prometheus.yml"

    promtool("check", "config", config)


def test_alerts_fire_and_clear_when_they_should():
    cases = Path(__file__).parent / "alert_cases.yml"

    promtool("test", "rules", cases)
    tried = {
        case["alertname"] for test in yaml.safe_load(cases.read_text())["tests"] for case in test["alert_rule_test"]
    }
    assert tried == alerts().keys()


def test_every_metric_that_an_alert_or_a_panel_asks_for_is_the_product_s(monkeypatch):
    asked = {name for rule in alerts().values() for name in metrics_in(rule["expr"])}
    asked |= {name for expr in expressions_of_panels() for name in metrics_in(expr)}
    known = families(monkeypatch).keys()

    ours = {HISTOGRAM.sub("", name) for name in asked if name.startswith("orderflow_")}
    assert ours - known == set()
    assert len(ours) > 25


def test_every_metric_is_in_the_docs_and_no_other(monkeypatch):
    named = set(re.findall(r"`(orderflow_\w+)`", PAGE))

    assert named == families(monkeypatch).keys()


# musicmonk42/The_Code_Factory_Working_V2#1800, whywaita/myshoes#272, apache/shenyu#6671: a series for each job.
def test_no_metric_has_a_label_of_many_values(monkeypatch):
    labels = families(monkeypatch)

    assert {name: found - BOUNDED for name, found in labels.items() if found - BOUNDED} == {}


# prometheus/client_python#495, goauthentik/authentik#25827: files of gauges that outlive their processes.
def test_no_gauge_is_told_of_by_process():
    gauges = [each for each in set(REGISTRY._names_to_collectors.values()) if isinstance(each, Gauge)]
    ours = [each for each in gauges if each._name.startswith("orderflow_")]

    assert ours
    assert {each._name for each in ours if each._multiprocess_mode == "all"} == set()


# prometheus/client_js#63, aptible/supercronic#83: a counter that begins at its first events shows no rate of those.
@pytest.mark.parametrize(
    "series",
    [
        'orderflow_requests_rejected_total{reason="Overloaded"}',
        'orderflow_requests_rejected_total{reason="TooManyConnections"}',
        'orderflow_problems_total{status="503",type="database-unavailable"}',
        'orderflow_logins_total{outcome="failed"}',
        f'orderflow_orders_rejected_total{{reason="{INSUFFICIENT_STOCK}"}}',
        f'orderflow_orders_rejected_total{{reason="{BACKORDER_EXPIRED}"}}',
        "orderflow_publishing_failures_total",
    ],
)
def test_what_rates_are_taken_of_is_there_from_the_start(series, counted_at_the_start):
    assert f"{series} 0.0" in counted_at_the_start


@pytest.fixture(scope="module")
def counted_at_the_start() -> list[str]:
    """The metrics of a process that has done nothing yet."""
    code = "import config.asgi; from prometheus_client import generate_latest; print(generate_latest().decode())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_dashboard_has_a_uid_that_links_can_rely_on():
    dashboard = json.loads(DASHBOARD.read_text())

    assert dashboard["uid"] == "orderflow"
    assert f"localhost:3000/d/{dashboard['uid']}" in PAGE
    assert len({panel["id"] for panel in panels()}) == len(panels())
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${datasource}"}


def test_every_alert_has_a_page_and_every_page_an_alert():
    pages = {name: rule["annotations"]["runbook"] for name, rule in alerts().items()}

    assert sorted(pages.values()) == sorted(
        f"docs/runbooks/{page.name}" for page in (ROOT / "docs" / "runbooks").iterdir()
    )
    assert dict(re.findall(r"^\| (Orderflow\w+) \| (\S+) \|$", PAGE, re.MULTILINE)) == pages
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert runbook(name).startswith(f"# {name}\n")


@pytest.mark.parametrize("name", sorted(alerts()))
def test_a_page_says_all_that_it_has_to(name):
    bold = re.findall(r"^\*\*(.+?)\*\*", runbook(name), re.MULTILINE)

    assert bold == ["What it means.", "How to see it.", "What to do.", "How you know that it is over."]


@pytest.mark.parametrize("name", sorted(alerts()))
def test_a_page_names_commands_as_they_can_be_typed(name):
    commands = COMMAND.findall(runbook(name))

    assert commands
    for command in commands:
        verb, *arguments = (STANDS_FOR.get(word, word) for word in shlex.split(command))
        parser = load_command_class(get_commands()[verb], verb).create_parser("manage.py", verb)
        parser.parse_args(arguments)  # raises CommandError
