"""Defects of fail-overs and rolling updates."""

from tests.defects.defect import Change, Defect

_FAILURES = "tests/integration/messaging/test_failures_in_a_row.py"
_FAIL_OVER = "tests/integration/messaging/test_read_only_database.py"
_PREPARED = "tests/integration/database/test_prepared_statements.py"
_VERSIONS = "tests/integration/messaging/test_two_versions.py"

ROLL_OUTS = (
    Defect(
        "sessions that began read-only are kept",
        "After a fail-over writes fail for as long as connections are kept",
        (
            Change(
                "common/postgresql/base.py",
                'cursor.fetchone() == ("off", self.connection.backend_pid)',
                "cursor.fetchone()[1] == self.connection.backend_pid",
            ),
        ),
        f"{_FAIL_OVER}::test_a_session_that_began_read_only_and_only_read_is_not_kept_either",
    ),
    Defect(
        "a rollback is taken for a sign of health",
        "After a fail-over writes fail for as long as connections are kept",
        (Change("common/postgresql/base.py", "        self.errors_occurred = errors_occurred\n", ""),),
        f"{_FAIL_OVER}::test_a_consumer_waits_with_its_batch_and_goes_on_with_a_new_session",
    ),
    Defect(
        "a migration breaks what sessions have prepared",
        "A column was made longer: each batch that reads it fails for good, and healthy events become dead letters",
        (
            Change(
                "common/prepared_statements.py",
                "            elif code == _RESULT_CHANGED and statement.prepared_at is not None:\n"
                "                statement.prepared_at = -math.inf\n",
                "",
            ),
        ),
        f"{_PREPARED}::test_a_migration_that_changes_a_column_costs_a_session_one_failure",
    ),
    Defect(
        "a plan is kept whatever its table becomes",
        "A batch that was planned while the table was empty reads all of it, order after order",
        (
            Change(
                "common/prepared_statements.py",
                "self.prepared_at is None or time.monotonic() - self.prepared_at > KEPT_FOR",
                "self.prepared_at is None",
            ),
        ),
        f"{_PREPARED}::test_a_plan_that_was_made_while_a_table_was_small_does_not_last",
    ),
    Defect(
        "events are sent that can not be taken out of the outbox",
        "While the database takes no changes, each pass sends the same again",
        (Change("messaging/outbox/pending.py", "    if is_read_only:\n", "    if is_read_only and not locked:\n"),),
        f"{_FAIL_OVER}::test_nothing_is_sent_that_could_not_be_taken_out_of_the_outbox",
    ),
    Defect(
        "lanes without the lock of the whole outbox",
        "In a rolling update old and new relays publish the same rows",
        (Change("messaging/statements.py", "pg_try_advisory_xact_lock_shared(%(outbox)s)", "%(outbox)s > 0"),),
        "tests/integration/messaging/test_lanes.py"
        "::test_one_publisher_of_a_version_before_lanes_and_new_ones_keep_each_other_out",
    ),
    Defect(
        "a slow disk is the fault of events",
        "Statements that time out make dead letters",
        (Change("common/postgres.py", " or is_canceled(error)\n", "\n"),),
        f"{_FAIL_OVER}::test_a_statement_that_takes_too_long_makes_no_dead_letter",
    ),
    Defect(
        "failures in a row are forgotten at a restart",
        "A broken roll-out makes dead letters of the backlog, twenty at a time",
        (
            Change(
                "messaging/consuming/batches.py",
                "            self.failures_in_a_row = consecutive_failures.count_of(self._consumer.name)\n",
                "",
            ),
        ),
        f"{_FAILURES}::test_restarts_make_no_dead_letters_of_what_is_left",
    ),
    Defect(
        "whatever is delivered ends the row of failures",
        "A broken consumer that also skips types never stops",
        (Change("messaging/statements.py", " AND EXISTS (SELECT FROM claimed)", ""),),
        f"{_FAILURES}::test_an_event_that_was_handled_before_does_not_end_the_row",
    ),
    Defect(
        "nothing is tried beyond the limit of failures",
        "A mended version that meets a poison message first never goes on",
        (Change("messaging/consuming/runtime.py", "not self._handle_any(behind, after=record)", "True"),),
        f"{_FAILURES}::test_even_if_the_next_event_is_one_that_no_version_can_handle",
    ),
    Defect(
        "what was deferred is overtaken",
        "A newer version handles later events of an order first",
        (
            Change(
                "messaging/statements.py",
                "        AND (state <> 'deferred' OR event_type = ANY(%(known_types)s))\n",
                "        AND state <> 'deferred'\n",
            ),
        ),
        f"{_VERSIONS}::test_an_event_that_comes_before_it_was_taken_up_waits_behind_it",
    ),
    Defect(
        "a broken version uses up what was deferred",
        "A broken roll-out makes dead letters of what waits for it",
        (
            Change(
                "messaging/dead_letters/replay.py",
                "        if not consecutive_failures.are_too_many(letter.consumer):\n",
                "        if letter.consumer:\n",
            ),
        ),
        f"{_VERSIONS}::test_a_newer_version_that_is_broken_leaves_them_to_the_next",
    ),
    Defect(
        "an invoice is stored with whatever columns its table has",
        "A column with a default makes dead letters of older consumers",
        (
            Change(
                "invoicing/statements.py",
                "    INSERT INTO invoicing_invoice ({_INVOICE})\n    SELECT {_INVOICE} FROM",
                "    INSERT INTO invoicing_invoice\n    SELECT * FROM",
            ),
        ),
        "tests/integration/operations/test_newer_schema.py"
        "::test_orders_go_all_their_way_and_new_columns_have_their_defaults",
    ),
)
