"""Defects between the database and the broker."""

from tests.defects.defect import Change, Defect

DELIVERY = "tests/integration/messaging/test_delivery.py"
NOTE_DELIVERED = """        if failure is None:
            self.delivered.append(row.id)
"""

PUBLISHING = (
    Defect(
        "published after the save",
        "Publishing after the save, with a log line on failure, loses the event for good",
        (
            Change(
                "orders/statements.py",
                "WHERE key IN (SELECT id::text FROM accepted)\n",
                "WHERE false\n",
            ),
            Change(
                "orders/intake/store.py",
                "        return list(cursor.fetchall())\n",
                """        names = list(cursor.fetchall())
    with transaction.atomic():
        recording.store_rows(_event_rows(drafts))
    return names
""",
            ),
        ),
        "tests/e2e/test_crash_points.py::test_a_web_server_that_dies_at_a_step_loses_and_doubles_nothing"
        "[outbox.after_commit]",
    ),
    Defect(
        "a cursor over the ids",
        "A cursor `id > last` over a sequence skips rows that commit late",
        (
            Change(
                "messaging/statements.py",
                "    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s\n",
                "    AND key <> ALL(%(skipped_keys)s) AND id > %(seen)s ORDER BY id LIMIT %(limit)s\n",
            ),
            Change(
                "messaging/outbox/pending.py",
                """        parameters: dict[str, list[str] | int] = {"skipped_keys": list(skipped_keys), "limit": limit}
        cursor.execute(statements.FETCH_PENDING, parameters)
        return [PendingEvent(*row) for row in cursor.fetchall()]
""",
                """        parameters = {"skipped_keys": list(skipped_keys), "limit": limit, "seen": _seen[0]}
        cursor.execute(statements.FETCH_PENDING, parameters)
        rows = [PendingEvent(*row) for row in cursor.fetchall()]
        _seen[0] = max((row.id for row in rows), default=_seen[0])
        return rows


_seen = [0]
""",
            ),
        ),
        f"{DELIVERY}::test_a_row_that_commits_late_with_a_lower_id_is_not_skipped",
    ),
    Defect(
        "skip locked",
        "SKIP LOCKED with several relays reorders the events of one order",
        (
            Change("messaging/outbox/delivery.py", "        if not lock():\n", "        if False:\n"),
            Change(
                "messaging/statements.py",
                "    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s\n",
                "    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED\n",
            ),
        ),
        f"{DELIVERY}::test_only_one_publisher_works_at_a_time",
    ),
    Defect(
        "sent although the send failed",
        "Marking rows sent although the send failed",
        (
            Change(
                "messaging/outbox/delivery.py",
                NOTE_DELIVERED,
                f"        self.delivered.append(row.id)\n{NOTE_DELIVERED}",
            ),
        ),
        f"{DELIVERY}::test_an_event_that_was_not_acknowledged_stays_and_is_sent_later",
    ),
    Defect(
        "unsent rows expire",
        "Expiring unsent rows by age; cleaning up by age whatever the status",
        (
            Change(
                "messaging/outbox/delivery.py",
                "        if not (rows := fetch_pending(BATCH_SIZE, skipped_keys=skipped_keys)):\n",
                """        day_ago = timezone.now() - timezone.timedelta(days=1)
        OutboxMessage.objects.filter(created_at__lt=day_ago).delete()
        if not (rows := fetch_pending(BATCH_SIZE, skipped_keys=skipped_keys)):
""",
            ),
        ),
        f"{DELIVERY}::test_an_event_is_sent_however_long_it_has_waited",
    ),
    Defect(
        "rows locked while the broker is asked",
        "Sleeping while holding row locks",
        (
            Change(
                "messaging/statements.py",
                "    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s\n",
                "    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s FOR UPDATE\n",
            ),
        ),
        f"{DELIVERY}::test_no_row_is_locked_while_a_pass_waits_for_the_broker",
    ),
    Defect(
        "a hook that is not robust",
        "One raising on_commit hook skips the later ones unless robust=True",
        (
            Change(
                "messaging/outbox/recording.py",
                "transaction.on_commit(_committed, robust=True)",
                "transaction.on_commit(_committed)",
            ),
        ),
        "tests/integration/messaging/test_publisher.py::"
        "test_a_hook_that_fails_does_not_undo_the_commit_nor_stop_the_nudge",
    ),
)
