"""What 0003 promises of new rows holds for all: looked at without keeping anybody from writing."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_order_life")]

    operations = [
        ValidateConstraint(model_name="order", name="order_status_known"),
        ValidateConstraint(model_name="order", name="order_rejection_says_why"),
        ValidateConstraint(model_name="order", name="order_cancellation_says_why"),
        ValidateConstraint(model_name="orderline", name="order_line_open_not_negative"),
    ]
