"""Documents as they were first made: never changed, as the invoices that they are of."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0002_invoices_never_change")]

    operations = [
        migrations.CreateModel(
            name="StoredDocument",
            fields=[
                ("pk", models.CompositePrimaryKey("number", "format", "language", blank=True, editable=False, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=40)),
                ("format", models.CharField(choices=[("pdf", "Pdf"), ("html", "Html"), ("ubl", "Ubl"), ("cii", "Cii")], max_length=10)),
                ("language", models.CharField(blank=True, help_text="Empty: that of the buyer's country.", max_length=8)),
                ("content", models.BinaryField(max_length=16777216)),
                ("sha256", models.CharField(help_text="Of the content, in hexadecimal digits.", max_length=64)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "stored document",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("format__in", ["pdf", "html", "ubl", "cii"])), name="stored_document_format_is_known"),
                    models.CheckConstraint(condition=models.Q(("sha256", models.Func(models.Func(models.F("content"), function="sha256"), models.Value("hex"), function="encode", output_field=models.TextField()))), name="stored_document_hash_is_of_content"),
                    models.CheckConstraint(condition=models.Q(models.Q(("format__in", ["pdf", "html"]), ("language", ""), _connector="OR")), name="stored_document_language_is_for_people"),
                ],
            },
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION invoicing_refuse_change_of_document() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'stored documents never change: % refused', TG_OP USING ERRCODE = 'restrict_violation';
            END
            $$;
            CREATE TRIGGER stored_document_never_changes BEFORE UPDATE OR DELETE ON invoicing_storeddocument
                FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change_of_document();
            """,
            """
            DROP TRIGGER stored_document_never_changes ON invoicing_storeddocument;
            DROP FUNCTION invoicing_refuse_change_of_document();
            """,
        ),
        # PDF are compressed already: PostgreSQL need not try.
        migrations.RunSQL(
            "ALTER TABLE invoicing_storeddocument ALTER COLUMN content SET COMPRESSION pglz", migrations.RunSQL.noop
        ),
    ]
