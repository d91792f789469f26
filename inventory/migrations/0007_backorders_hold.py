"""What 0006 promises of new rows holds for all: looked at without keeping anybody from writing."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0006_backorders")]

    operations = [
        ValidateConstraint(model_name="reservationdecision", name="stock_answer_rejected_if_short"),
        ValidateConstraint(model_name="stockitem", name="stock_backordered_not_negative"),
        ValidateConstraint(model_name="stockmovement", name="stock_movement_moves_what_its_kind_says"),
        ValidateConstraint(model_name="stockmovement", name="stock_movement_backorders_what_its_kind_says"),
    ]
