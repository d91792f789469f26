"""No index for patterns of documents' numbers any more: nothing used them.

Django makes an index for patterns (`LIKE 'A%'`) beside each unique one of a text; nothing here asks for patterns of these, and
each document paid for one or two.
"""

from django.db import migrations

_INDEXES = {
    "invoicing_invoice_number_f35f6ffa_like": "invoicing_invoice (number varchar_pattern_ops)",
    "invoicing_creditnote_number_d15ddf1f_like": "invoicing_creditnote (number varchar_pattern_ops)",
    "invoicing_creditnote_invoice_number_615823df_like": "invoicing_creditnote (invoice_number varchar_pattern_ops)",
}


class Migration(migrations.Migration):
    atomic = False  # DROP INDEX CONCURRENTLY

    dependencies = [("invoicing", "0006_credit_notes_never_change")]

    operations = [
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            f"CREATE INDEX CONCURRENTLY {name} ON {definition}",
        )
        for name, definition in _INDEXES.items()
    ]
