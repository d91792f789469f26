"""What 0007 promises of new rows holds for all: looked at without keeping anybody from writing."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_addresses_and_tax")]

    operations = [
        ValidateConstraint(model_name="orderline", name="order_line_tax_category_known"),
        ValidateConstraint(model_name="product", name="product_tax_category_goes_with_rate"),
        ValidateConstraint(model_name="product", name="product_exempt_with_reason"),
    ]
