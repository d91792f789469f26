"""Our tables as this version knows them, for statements that run beside a newer schema."""

from django.apps import apps

_APPS = ("api", "inventory", "invoicing", "messaging", "operations", "orders")


def known_tables() -> str:
    """CTEs by the names of our tables, each with the columns that this version knows.

    A table may have got more of them since, by names that another table has: what a statement calls by such a name
    would be ambiguous, or another column. A name within a CTE of that name is the table's.
    """
    models = (model for app in _APPS for model in apps.get_app_config(app).get_models())
    return ",\n".join(
        f"{model._meta.db_table} AS NOT MATERIALIZED (SELECT {columns} FROM {model._meta.db_table})"
        for model in models
        if model._meta.managed
        and (columns := ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields if field.column))
    )
