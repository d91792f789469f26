"""docs/audit.md has a row for each table."""

import re
from pathlib import Path

from django.apps import apps

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "audit.md").read_text(encoding="utf-8")
APPS = ("api", "inventory", "invoicing", "messaging", "operations", "orders")


def test_each_table_has_a_row():
    models = [model for app in APPS for model in apps.get_app_config(app).get_models() if model._meta.managed]

    assert {model._meta.db_table for model in models} <= set(re.findall(r"\*\*(\w+)\*\*", PAGE))
