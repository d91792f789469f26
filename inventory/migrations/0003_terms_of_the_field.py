"""Names that the field uses, in the code alone: tables and columns keep theirs, which the former version asks for.

Who might view the answers may view the decisions.
"""

import django.db.models.deletion
from django.db import migrations, models

_RENAME_PERMISSIONS = """
    UPDATE auth_permission
    SET codename = replace(codename, '{old}', '{new}'), name = replace(name, '{old_words}', '{new_words}')
    WHERE codename IN ('add_{old}', 'change_{old}', 'delete_{old}', 'view_{old}')
"""
_OLD = {"old": "stockanswer", "old_words": "stock answer"}
_NEW = {"new": "reservationdecision", "new_words": "reservation decision"}
_BACK = {
    "old": _NEW["new"],
    "old_words": _NEW["new_words"],
    "new": _OLD["old"],
    "new_words": _OLD["old_words"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_append_only_ledger"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterField(
            model_name="stockitem",
            name="low_at",
            field=models.PositiveBigIntegerField(
                db_column="low_at",
                default=0,
                help_text="An order that brings available down to this is announced as stock.low; 0: when nothing is left.",
            ),
        ),
        migrations.RenameField(model_name="stockitem", old_name="low_at", new_name="reorder_point"),
        migrations.AlterModelTable(name="stockanswer", table="inventory_stockanswer"),
        migrations.RenameModel(old_name="StockAnswer", new_name="ReservationDecision"),
        migrations.AlterModelOptions(name="reservationdecision", options={"verbose_name": "reservation decision"}),
        migrations.RunSQL(
            _RENAME_PERMISSIONS.format(**_OLD, **_NEW), _RENAME_PERMISSIONS.format(**_BACK), elidable=True
        ),
        # Django can't rename a field of a composite primary key, and here only the state changes.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("Reservation"),
                migrations.CreateModel(
                    name="Reservation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "decision_id", "sku", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("sku", models.CharField(max_length=64)),
                        ("quantity", models.PositiveBigIntegerField()),
                        (
                            "decision",
                            models.ForeignKey(
                                db_column="answer_id",
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reservations",
                                to="inventory.reservationdecision",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["sku"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 1)), name="reservation_quantity_positive"
                            )
                        ],
                    },
                ),
            ]
        ),
    ]
