"""The database is what the models say."""

from io import StringIO

from django.core.management import call_command


def test_no_migration_is_missing(db):
    told = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=told)

    assert told.getvalue() == "No changes detected\n"
