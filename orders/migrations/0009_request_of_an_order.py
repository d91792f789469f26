"""By which request an order came, so that its logs and its trace are found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_addresses_and_tax_hold")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="correlation_id",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="The id of the request that placed it; not known before migration 0009.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="traceparent",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=100),
        ),
    ]
