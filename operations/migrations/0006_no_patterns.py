"""No index for patterns of seals' numbers any more: nothing used them.

Django makes an index for patterns (`LIKE 'A%'`) beside each unique one of a text; nothing here asks for patterns of these, and
each document paid for one.
"""

from django.db import migrations

_INDEXES = {
    "operations_invoiceseal_number_9edce0ee_like": "operations_invoiceseal (number varchar_pattern_ops)",
    "operations_creditnoteseal_number_6bb90cc1_like": "operations_creditnoteseal (number varchar_pattern_ops)",
}


class Migration(migrations.Migration):
    atomic = False  # DROP INDEX CONCURRENTLY

    dependencies = [("operations", "0005_imported_returns")]

    operations = [
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            f"CREATE INDEX CONCURRENTLY {name} ON {definition}",
        )
        for name, definition in _INDEXES.items()
    ]
