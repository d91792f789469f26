"""Rows by the transaction that changed them last, for readers that come back for what has changed since.

A trigger writes the id of that transaction into the row, as `changed_in`. Once each transaction up to an id has ended,
nothing that it changed can appear any more. No clock is asked, since a time is given before its change is committed.
"""

from typing import Annotated, NamedTuple, TypeVar

import msgspec
from django.db.models import Model, QuerySet

from common.errors import Malformed
from common.keyset import beyond
from common.sql import execute

M = TypeVar("M", bound=Model)

# The snapshot comes first: of whoever ends before it is looked who is at work in other databases, it is as if they were
# at work in this one. As text, since ids of transactions have a type that the driver does not know.
_SETTLED = """
    WITH taken AS MATERIALIZED (SELECT pg_current_snapshot() AS snapshot)
    SELECT
        coalesce((
            SELECT min(running::text::bigint) FROM pg_snapshot_xip(snapshot) AS running
            WHERE NOT EXISTS (
                SELECT FROM pg_stat_activity AS other
                WHERE other.backend_xid = running::xid AND other.datname <> current_database()
            )
        ), pg_snapshot_xmax(snapshot)::text::bigint),
        pg_snapshot_xmax(snapshot)::text::bigint
    FROM taken
"""


class PositionUnknown(Malformed):
    """The cursor is ahead of all that ever happened here, as after a backup was restored: begin anew, without one."""


class RowPosition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in the sequence of changes: after the row with this key that this transaction changed.

    Attributes:
        key: none: before all rows that it changed.
    """

    changed_in: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    key: Annotated[str, msgspec.Meta(pattern=r"\A[^\x00]*\Z")] = ""


class ChangedRows(NamedTuple):
    """How far changes are settled.

    Attributes:
        below: transactions with smaller ids have ended.
        following: the id that is given next, or one that was given since.
    """

    below: int
    following: int

    @property
    def position(self) -> RowPosition:
        """The position of who has read everything that is settled."""
        return RowPosition(self.below)

    def after(self, position: RowPosition, rows: QuerySet[M], *, limit: int) -> tuple[list[M], RowPosition, bool]:
        """The next rows whose last change is settled, at most `limit`; the position after them; whether more are.

        Raises:
            PositionUnknown: there has been no such transaction.
        """
        if position.changed_in > self.following:
            raise PositionUnknown
        model = rows.model
        order = ["changed_in", model._meta.pk.name]
        start = beyond(model, order, [position.changed_in, position.key], backwards=False)
        found = list(rows.filter(start, changed_in__lt=self.below).order_by(*order)[: limit + 1])
        if len(found) > limit:
            last = found[limit - 1]
            return found[:limit], RowPosition(last.changed_in, last.pk), True  # type: ignore[attr-defined]
        return found, self.position, False


def settled_changes() -> ChangedRows:
    """How far changes of all tables are settled by now."""
    ((below, following),) = execute(_SETTLED)
    return ChangedRows(below, following)
