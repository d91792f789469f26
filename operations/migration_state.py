"""The migrations that this code and the database differ in."""

from dataclasses import dataclass

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@dataclass(frozen=True)
class MigrationState:
    """Migrations as app.name: `missing` are not applied yet, in the order in which they would be; `newer` are applied
    and not of this code, as while another version is rolled out.
    """

    missing: list[str]
    newer: list[str]


def migration_state() -> MigrationState:
    """Raises:
    django.db.Error: the database can't be asked.
    """
    executor = MigrationExecutor(connection)
    loader = executor.loader
    return MigrationState(
        missing=[str(migration) for migration, _ in executor.migration_plan(loader.graph.leaf_nodes())],
        newer=sorted(map(".".join, loader.applied_migrations.keys() - loader.disk_migrations.keys())),
    )
