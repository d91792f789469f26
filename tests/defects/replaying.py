"""Defects of replays."""

from tests.defects.defect import Change, Defect

CARRYING = "messaging/dead_letters/carrying.py"
TESTS = "tests/integration/messaging/test_replays.py"
REAL_ORDERS = "tests/integration/operations/test_replaying_orders.py"

REPLAYING = (
    Defect(
        "a lease that nobody minds",
        "Two processes carry out the same replay, and each takes the other for dead",
        (
            Change(
                CARRYING,
                "            if replay.carried_until and replay.carried_until > replay.now:\n",
                "            if replay.carried_until is None:\n",
            ),
        ),
        f"{TESTS}::test_what_one_process_carries_out_no_other_does",
    ),
    Defect(
        "half of a failed replay stays",
        "A replay that fails leaves its claim in the inbox, and the next one takes the event for handled",
        (
            Change(
                CARRYING,
                "            with transaction.atomic():\n                self._service.handle(first)\n",
                "            self._service.handle(first)\n",
            ),
        ),
        "tests/integration/messaging/test_dead_letters.py::test_nothing_of_a_replay_that_fails_is_left",
    ),
    Defect(
        "a replay that fails on its commit",
        "What fails on the commit takes the record of the failure with it, and ends the process",
        (Change("messaging/dead_letters/replay.py", "        connection.check_constraints()\n", ""),),
        f"{REAL_ORDERS}::test_a_stuck_order_gets_its_reservation_once_when_it_is_replayed[on the commit]",
    ),
    Defect(
        "a process dies of a letter again and again",
        "A message that kills its process has the consumers restart for good",
        (Change(CARRYING, "        elif item.deaths >= MOST_DEATHS:\n", "        elif item.deaths < 0:\n"),),
        f"{TESTS}::test_a_letter_that_processes_die_of_is_given_up_and_the_others_follow",
    ),
)
