"""Pages of orders keep room for what becomes of their orders: an order is changed twice within a second of coming.

The second change, which is its invoice's number, is in no index. With room on its page it is a heap-only update, which
writes into none of the table's six indexes (docs/decisions/0039-room-for-what-becomes-of-an-order.md). Pages of before
stay as they are; nobody has to wait for this.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_lines_by_sku")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE orders_order SET (fillfactor = 50)",
            "ALTER TABLE orders_order RESET (fillfactor)",
        )
    ]
