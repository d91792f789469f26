"""Defects between the broker and the handlers."""

from tests.defects.defect import Change, Defect

CONSUMING_TESTS = "tests/integration/messaging/test_consuming.py"

CONSUMING = (
    Defect(
        "acknowledged although the handler failed",
        "Acknowledging although the handler failed",
        (
            Change(
                "messaging/consuming/runtime.py",
                "            self._one_by_one(records)\n            return\n",
                "            self._subscription.commit(records)\n            return\n",
            ),
        ),
        f"{CONSUMING_TESTS}::test_an_event_whose_handler_failed_is_not_acknowledged_before_it_is_kept",
    ),
    Defect(
        "the inbox asked before it is told",
        "Check-then-insert inboxes let concurrent duplicates through",
        (
            Change(
                "messaging/consuming/inbox.py",
                "ids=texts_of_ids(events), keys=list(events.values()))\n"
                "    return {event_id for (event_id,) in rows}\n",
                """ids=texts_of_ids(fresh := _fresh(consumer, events)), keys=[events[each] for each in fresh])
    return fresh


def _fresh(consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
    known = InboxEntry.objects.filter(consumer=consumer, event_id__in=events)
    return events.keys() - set(known.values_list("event_id", flat=True))
""",
            ),
        ),
        f"{CONSUMING_TESTS}::test_two_deliveries_at_the_same_time_take_effect_once",
    ),
    Defect(
        "the inbox outside the transaction",
        "The unique insert belongs to the business transaction",
        (
            Change(
                "messaging/consuming/inbox.py",
                """def _claimed(statement: str, consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
""",
                """def _claimed(statement: str, consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def work() -> set[UUID]:
        try:
            return _claim(statement, consumer, events)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as another_connection:
        return another_connection.submit(work).result()


def _claim(statement: str, consumer: str, events: Mapping[UUID, str]) -> set[UUID]:
""",
            ),
        ),
        f"{CONSUMING_TESTS}::test_a_poison_message_is_kept_whole_and_the_others_flow_on",
    ),
    Defect(
        "a poison message blocks its partition",
        "A poison message that blocks its partition",
        (
            Change(
                "messaging/consuming/runtime.py",
                """behind=records[index + 1 :]):
                self._subscription""",
                """behind=records[index + 1 :]) or self._handler.failures_in_a_row:
                self._stopping.set()
                self._subscription""",
            ),
        ),
        f"{CONSUMING_TESTS}::test_a_poison_message_is_kept_whole_and_the_others_flow_on",
    ),
    Defect(
        "sleeping between tries",
        "A back-off inside the handler that outlasts the poll interval",
        (
            Change(
                "messaging/consuming/runtime.py",
                "            self._subscription.keep_alive(timeout=pause)\n",
                "            self._stopping.wait(pause)\n",
            ),
        ),
        f"{CONSUMING_TESTS}::test_a_transient_error_is_waited_for_as_a_living_member_and_nothing_is_dead_lettered",
    ),
    Defect(
        "the offset before the dead letter",
        "Committing the offset before the dead letter is stored",
        (
            Change(
                "messaging/consuming/runtime.py",
                """            if not self._isolate(record, behind=records[index + 1 :]):
""",
                """            self._subscription.commit([record])
            if not self._isolate(record, behind=records[index + 1 :]):
""",
            ),
        ),
        f"{CONSUMING_TESTS}::test_an_event_whose_handler_failed_is_not_acknowledged_before_it_is_kept",
    ),
    Defect(
        "the offset before the effect",
        "Committing the offset before the database: what is lost when the process dies in between",
        (
            Change(
                "messaging/consuming/runtime.py",
                "            handled = self._retry_transient(lambda: self._handler.handle(records), ",
                """            self._subscription.commit(records)
            handled = self._retry_transient(lambda: self._handler.handle(records), """,
            ),
        ),
        "tests/e2e/test_crash_points.py::test_consumers_that_die_at_a_step_do_no_harm[batch.before_commit]",
    ),
    Defect(
        "a rebalance goes unnoticed",
        "A rebalance in the middle of a batch",
        (
            Change(
                "messaging/consuming/runtime.py",
                "        return not self._stopping.is_set() and self._subscription.generation == generation\n",
                "        return not self._stopping.is_set()\n",
            ),
        ),
        f"{CONSUMING_TESTS}::test_a_batch_that_is_taken_away_while_it_waits_is_given_up_uncommitted",
    ),
    Defect(
        "an error of a late commit",
        "Treat commit errors after a rebalance as warnings",
        (
            Change(
                "messaging/transport/kafka/subscription.py",
                """            log.warning("commit_rejected", detail=str(error))
""",
                """            raise RuntimeError("commit_rejected") from error
""",
            ),
        ),
        "tests/integration/messaging/test_group_changes.py::test_a_handler_that_outlasts_its_poll_interval_does_no_harm",
    ),
    Defect(
        "a signal handler that sets the event which it may have interrupted a wait for",
        "an event that is set in a signal handler: hangs where it interrupted a wait for it (oxpull/django-ox#45)",
        (Change("operations/cli/processes.py", "lambda *_: signals.put(True))", "lambda *_: stopping.set())"),),
        "tests/integration/operations/test_interrupting.py::test_a_signal_in_the_middle_of_a_wait_stops_it",
    ),
    Defect(
        "closing in a signal handler",
        "close() inside a signal handler hangs: set a flag",
        (
            Change(
                "operations/cli/processes.py",
                "lambda *_: signals.put(True))",
                "lambda *_: [runner._subscription.close() for runner in RUNNERS])",
            ),
            Change(
                "operations/cli/processes.py",
                "from messaging.exceptions import TransportUnavailable\n",
                "from messaging.exceptions import TransportUnavailable\n"
                "from messaging.consuming.runtime import RUNNERS\n",
            ),
            Change(
                "messaging/consuming/runtime.py",
                "        self._subscription = self._connect()\n\n    def run",
                "        self._subscription = self._connect()\n        RUNNERS.append(self)\n\n    def run",
            ),
            Change(
                "messaging/consuming/runtime.py",
                "MAX_RECORDS = 500\n",
                'RUNNERS: "list[ConsumerRunner]" = []\nMAX_RECORDS = 500\n',
            ),
        ),
        "tests/e2e/test_way_of_an_order.py::test_every_process_ends_in_order_on_sigterm",
    ),
)
