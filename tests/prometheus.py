"""Debian's Prometheus and promtool, and what deploy/ has for them."""

import os
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "orderflow.json"
_METRIC = re.compile(r"\b(?:orderflow|process)_\w+")


def program(name: str) -> str:
    """The path of a program of Debian's package. Skips the test where there is none, but never in CI."""
    found = shutil.which(name)
    if not found:
        missing = f"no {name}: apt-get install --no-install-recommends prometheus"
        assert "CI" not in os.environ, missing
        pytest.skip(missing)
    return str(found)


@cache
def alerts() -> dict[str, dict[str, Any]]:
    """The rules of deploy/prometheus/alerts.yml by their names."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def runbook(alert: str) -> str:
    """The page of an alert."""
    return (ROOT / alerts()[alert]["annotations"]["runbook"]).read_text()


def metrics_in(expression: str) -> set[str]:
    return set(_METRIC.findall(expression))
