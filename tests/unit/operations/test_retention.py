"""No table grows unnoticed: of each it is decided how long its rows stay."""

from django.apps import apps

from operations.retention.kinds import KEPT, KINDS

UNMANAGED = {"invoicing_document"}  # a view
MADE_BY_DJANGO = {"auth_user_groups", "auth_user_user_permissions", "auth_group_permissions", "django_migrations"}


def test_of_every_table_it_is_decided_how_long_its_rows_are_kept():
    """A new table: give it a kind in operations/retention/kinds.py, or say there why nothing of it is deleted."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - UNMANAGED - MADE_BY_DJANGO

    assert tables == KEPT.keys() | {kind.table for kind in KINDS}
    assert not KEPT.keys() & {kind.table for kind in KINDS}


def test_kinds_have_names_of_their_own():
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_what_outlives_the_topics_is_what_second_deliveries_are_known_by():
    assert {kind.name for kind in KINDS if kind.outlives_topics} == {"inbox", "dead_letters"}
