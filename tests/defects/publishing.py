"""Defects between the database and the broker."""

from tests.defects.defect import Change, Defect

DELIVERY = "tests/integration/messaging/test_delivery.py"
LANES = "tests/integration/messaging/test_lanes.py"
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
                "        return execute(STORE, **parameters)\n",
                """        names = execute(STORE, **parameters)
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
                """    parameters: dict[str, Any] = {"skipped_keys": list(skipped_keys), "limit": limit}
""",
                """    parameters = {"skipped_keys": list(skipped_keys), "limit": limit, "seen": _seen[0]}
""",
            ),
            Change(
                "messaging/outbox/pending.py",
                """    return sorted(PendingEvent(*row) for row in rows)
""",
                """    events = sorted(PendingEvent(*row) for row in rows)
    _seen[0] = max((event.id for event in events), default=_seen[0])
    return events


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
            Change("messaging/outbox/delivery.py", "lanes=locked.lanes", "lanes=range(LANES)"),
            Change(
                "messaging/statements.py",
                "    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s\n",
                "    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED\n",
            ),
        ),
        f"{DELIVERY}::test_only_one_publisher_works_on_a_key_at_a_time",
    ),
    Defect(
        "lanes of something else than the key",
        "Several relays share the outbox out, and two have events of one order",
        (
            Change(
                "messaging/statements.py",
                '_LANE = f"(hashtext(key) & {LANES - 1})"',
                '_LANE = f"(hashtext(event_id::text) & {LANES - 1})"',
            ),
        ),
        f"{LANES}::test_several_publishers_work_at_once_each_in_lanes_of_its_own",
    ),
    Defect(
        "the lock of another lane",
        "Two relays hold a lock each, and work on the same rows",
        (
            Change(
                "messaging/statements.py",
                "pg_try_advisory_xact_lock(%(lanes)s, number %% {LANES})",
                "pg_try_advisory_xact_lock(%(lanes)s, number - %(first)s)",
            ),
        ),
        f"{LANES}::test_a_lane_that_another_publisher_holds_is_left_to_it_and_its_keys_stay_in_order",
    ),
    Defect(
        "the same lanes first each time",
        "A fixed order of visits lets the last of them wait for ever",
        (Change("messaging/outbox/lanes.py", "(held[-1] + 1) % LANES if held else self.first", "self.first"),),
        f"{LANES}::test_lanes_are_taken_in_turn_so_that_none_is_always_the_last",
    ),
    Defect(
        "a publisher rests after some of the lanes",
        "A worker that looks at its partition only leaves the others' rows until the next poll",
        (
            Change(
                "messaging/outbox/publisher.py",
                """        elif done.is_share:
            return  # other lanes are due
""",
                "",
            ),
        ),
        "tests/integration/messaging/test_publisher.py::"
        "test_after_a_share_of_the_lanes_the_others_are_looked_at_before_a_publisher_rests",
    ),
    Defect(
        "locks of sessions",
        "A session's advisory lock stays behind in a pooler's connection, and nobody gets it again",
        (
            Change(
                "messaging/statements.py",
                "pg_try_advisory_xact_lock(%(lanes)s, number %% {LANES})",
                "pg_try_advisory_lock(%(lanes)s, number %% {LANES})",
            ),
        ),
        f"{LANES}::test_no_lock_is_left_when_a_pass_has_ended_so_that_none_stays_in_a_poolers_connection",
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
                '        limits = {"limit": BATCH_SIZE, "limit_of_a_lane": limit_of_a_lane()}\n',
                """        day_ago = timezone.now() - timezone.timedelta(days=1)
        OutboxMessage.objects.filter(created_at__lt=day_ago).delete()
        limits = {"limit": BATCH_SIZE, "limit_of_a_lane": limit_of_a_lane()}
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
    Defect(
        "a lease by a clock that was ahead",
        "xavierjohn/Trellis#644: whoever believes a lease of any length waits for as long as a clock was ahead",
        (
            Change(
                "messaging/statements.py",
                "until - clock_timestamp() BETWEEN '0' AND make_interval(secs => %(longest_lease)s)",
                "until > clock_timestamp() AND %(longest_lease)s > 0",
            ),
        ),
        "tests/integration/messaging/test_lease.py"
        "::test_a_lease_that_has_ended_or_could_not_have_been_taken_keeps_nobody_back",
    ),
    Defect(
        "a relay that waits for nudges",
        "While it has the lease nobody else publishes, and nobody nudges it",
        (
            Change(
                "messaging/outbox/publisher.py",
                """        elif self._lease and self._lease.wanted:
            # Busy publishers make their passes at multiples of the interval: in between there is something to be found.
            self._stopping.wait(_until_next_interval() + PASS_INTERVAL / 2)
""",
                "",
            ),
        ),
        "tests/integration/messaging/test_lease.py::test_a_relay_publishes_without_a_nudge_as_long_as_its_lease_lasts",
    ),
)
