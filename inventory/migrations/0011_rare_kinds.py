"""Rare kinds of movements and rare decisions are found by indexes: without keeping anybody from writing."""

from django.db import migrations, models
from django.db.models import Q

_INDEXES = {
    "stock_movement_kind_newest": (
        "stockmovement",
        "inventory_stockmovement (kind, id DESC) WHERE NOT (kind IN ('reservation', 'issue'))",
        models.Index(
            fields=["kind", "-id"],
            name="stock_movement_kind_newest",
            condition=~Q(kind__in=["reservation", "issue"]),
        ),
    ),
    "stock_decision_outcome_newest": (
        "reservationdecision",
        "inventory_stockanswer (outcome, order_id DESC) WHERE NOT (outcome = 'reserved')",
        models.Index(
            fields=["outcome", "-order_id"],
            name="stock_decision_outcome_newest",
            condition=~Q(outcome="reserved"),
        ),
    ),
    "stock_decision_short": (
        "reservationdecision",
        "inventory_stockanswer (order_id) WHERE NOT (shortages = '[]'::jsonb)",
        models.Index(fields=["order_id"], name="stock_decision_short", condition=~Q(shortages=[])),
    ),
}


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("inventory", "0010_pending_returns")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                        f"CREATE INDEX CONCURRENTLY {name} ON {definition}",
                    ],
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                )
            ],
            state_operations=[migrations.AddIndex(model, index)],
        )
        for name, (model, definition, index) in _INDEXES.items()
    ]
