"""manage.py dead_letters"""

import io

import pytest
from django.core.management import CommandError, call_command

from messaging.models import DeadLetter, Replay
from tests.commands import manage
from tests.stock import book_movement


@pytest.fixture
def run(transactional_db):
    """Run the command; returns its output, or raises its error."""

    def run_command(*arguments: object) -> str:
        out = io.StringIO()
        call_command("dead_letters", *map(str, arguments), stdout=out)
        return out.getvalue().rstrip("\n")

    return run_command


@pytest.fixture
def shell(transactional_db):
    """A function that runs the command in a process of its own, as the user ann."""
    return lambda *arguments: manage("dead_letters", *arguments, LOGNAME="ann")


@pytest.fixture
def mended(place, run_system, mugs_break) -> list[int]:
    """The ids of the dead letters of two orders, from a fault that is fixed by now."""
    book_movement(sku="MUG", kind="receipt", quantity=10, actor="ann")
    with mugs_break():
        place(MUG=1), place(MUG=2)
        run_system()
    return list(DeadLetter.objects.order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def unreadable(transactional_db) -> DeadLetter:
    """A dead letter that can never be handled."""
    return DeadLetter.objects.create(
        consumer="inventory",
        topic="orders",
        partition=3,
        offset=77,
        timestamp=0,
        key="no order",
        event_type="order.placed.v9",
        headers=[["ce_type", "order.placed.v9"], ["odd", {"base64": "/wA="}]],
        body=b'{"lines": \xff}',
        error="UndecodableEvent: unknown type\nof event",
        traceback="Traceback (most recent call last)",
        attempts=3,
    )


def states() -> list[str]:
    return list(DeadLetter.objects.order_by("pk").values_list("state", flat=True))


def test_list_shows_the_open_ones_a_line_each_oldest_first(run, mended, unreadable):
    lines = run("list").splitlines()

    assert [int(line.split()[0]) for line in lines] == [*mended, unreadable.pk]
    assert lines[2].split(maxsplit=4)[1:] == [
        "failed",
        "inventory",
        "order.placed.v9",
        f"{'no order':<36}  UndecodableEvent: unknown type",
    ]


def test_list_all_shows_what_was_settled_too(run, mended):
    run("replay", mended[0])

    assert [line.split()[1] for line in run("list").splitlines()] == ["failed"]
    assert [line.split()[1] for line in run("list", "--all").splitlines()] == ["replayed", "failed"]


def test_list_says_so_when_there_are_none(run):
    assert run("list") == "there are no dead letters"


def test_show_tells_all_that_is_known_of_one(run, unreadable):
    shown = run("show", unreadable.pk, "--whole")

    for fact in (
        "state:     failed",
        "orders, partition 3, offset 77",
        '["odd", {"base64": "/wA="}]',
        '{"lines": \\xff}',
        "UndecodableEvent: unknown type",
        "Traceback (most recent call last)",
    ):
        assert fact in shown


def test_show_keeps_personal_data_to_itself_unless_it_is_asked_for(run, unreadable):
    body = b'{"order_id": "1", "bill_to": {"name": "Jane Private", "email": "jane@example.org"}}'
    error = "ValueError: nobody is called Jane Private"
    DeadLetter.objects.filter(pk=unreadable.pk).update(body=body, error=error, traceback=error)

    assert "Jane" in run("show", unreadable.pk, "--whole")
    shown = run("show", unreadable.pk)
    assert '{"order_id":"1","bill_to":{"name":"•••","email":"•••"}}' in shown
    assert "Jane" not in shown


def test_replay_handles_the_given_ones(run, mended):
    assert run("replay", mended[1]) == "1 replayed"
    assert states() == ["failed", "replayed"]


def test_replay_takes_several(run, mended):
    assert run("replay", *mended) == "2 replayed"


def test_replay_all_handles_every_open_one_and_is_safe_to_repeat(run, mended):
    assert run("replay", "--all") == "2 replayed"
    assert run("replay", "--all") == "nothing was left to be done"
    assert run("replay", *mended) == "nothing was left to be done"


def test_replay_by_cause_handles_those_alone(run, mended, unreadable):
    assert run("replay", "--cause", "IntegrityError", "--consumer", "inventory") == "2 replayed"
    assert run("replay", "--cause", "IntegrityError", "--consumer", "inventory") == "nothing was left to be done"
    assert states() == ["replayed", "replayed", "failed"]


def test_a_dry_run_changes_nothing(run, mended, unreadable):
    told = run("replay", "--all", "--dry-run")

    assert told == "2 would be replayed, 1 would fail again (1 × UndecodableEvent)"
    assert states() == ["failed"] * 3
    assert run("replays") == "nothing was replayed"


def test_stepped_it_goes_on_when_a_person_says_so(run, mended):
    first = run("replay", "--all", "--stepped", "--by", "bob")
    (replay,) = Replay.objects.all()
    assert first == f"1 replayed, 1 not tried yet: go on by `dead_letters go-on {replay.pk}`"
    assert states() == ["replayed", "failed"]

    assert run("go-on", replay.pk) == "2 replayed"
    with pytest.raises(CommandError, match=f"^replay {replay.pk} is done$"):
        run("go-on", replay.pk)
    assert run("replays").split(maxsplit=4)[1:3] == ["done", "inventory"]
    assert "bob" in run("replays")
    assert f"{replay.pk} of " in run("show", mended[0])


def test_of_several_replays_all_go_on_or_none(run, mended):
    run("replay", "--all", "--stepped")
    (replay,) = Replay.objects.all()

    with pytest.raises(CommandError, match=r"^there is no replay 999999$"):
        run("go-on", replay.pk, 999_999)

    replay.refresh_from_db()
    assert (replay.state, replay.step_until) == ("waiting", 1)
    assert run("go-on", replay.pk, replay.pk) == "2 replayed"


def test_a_replay_that_waits_is_stopped_and_leaves_the_rest_open(run, mended):
    run("replay", "--all", "--stepped")
    (replay,) = Replay.objects.all()

    run("stop", replay.pk)

    replay.refresh_from_db()
    assert (replay.state, replay.left, states()) == ("stopped", 1, ["replayed", "failed"])
    with pytest.raises(CommandError, match="already"):
        run("stop", replay.pk)


def test_asked_to_it_stops_at_the_first_new_failure(run, mended, unreadable):
    DeadLetter.objects.filter(pk=mended[0]).update(body=b"?")

    with pytest.raises(CommandError, match=r"^1 failed again, 2 not tried yet"):
        run("replay", "--all", "--stop-at-failure", "--per-second", "100")
    assert states() == ["failed", "failed", "failed"]


# A rate that is none is said, not guessed.
@pytest.mark.parametrize("rate", ["0", "-1", "1.5", "x", "10001"])
def test_a_rate_is_a_whole_number_of_events(run, mended, rate):
    with pytest.raises(CommandError, match="--per-second"):
        run("replay", "--all", f"--per-second={rate}")


@pytest.mark.parametrize("arguments", [[], ["--all", "1"], ["1", "--all"], ["x"], ["1.5"]])
def test_replay_takes_either_ids_or_all(run, mended, arguments):
    with pytest.raises(CommandError, match=r"ID|--all"):
        run("replay", *arguments)
    assert states() == ["failed", "failed"]


def test_a_consumer_with_ids_is_an_error_instead_of_nothing(run, mended):
    with pytest.raises(CommandError, match=r"^--consumer goes with --all or --cause"):
        run("replay", mended[0], "--consumer", "orders")
    assert not Replay.objects.exists()


def test_discard_keeps_the_reason_and_who_it_was(run, mended):
    assert run("discard", mended[0], "--reason", " by phone ", "--by", "bob") == "1 discarded"

    letter = DeadLetter.objects.get(pk=mended[0])
    assert (letter.state, letter.reason, letter.resolved_by) == ("discarded", "by phone", "bob")
    assert "by bob" in run("show", letter.pk)


@pytest.mark.parametrize("reason", [[], ["--reason", " "], ["--reason", "\udcff"], ["--reason", "x" * 501]])
def test_discard_takes_a_reason(run, mended, reason):
    with pytest.raises(CommandError, match="--reason"):
        run("discard", mended[0], *reason)
    assert states() == ["failed", "failed"]


@pytest.mark.parametrize("arguments", [["show"], ["replay"], ["discard", "--reason=x"]], ids=lambda given: given[0])
def test_an_id_that_is_none_is_named(run, arguments):
    with pytest.raises(CommandError, match=r"^there is no dead letter 9999999$"):
        run(*arguments, 9_999_999)


@pytest.mark.parametrize("arguments", [["show"], ["replay"], ["discard", "--reason=x"]], ids=lambda given: given[0])
@pytest.mark.parametrize("number", [0, 10**30])
def test_a_number_that_no_id_can_be_is_told_what_it_may_be(run, arguments, number):
    with pytest.raises(CommandError, match=r"must be a whole number from 1 to 9223372036854775807$"):
        run(*arguments, number)


def test_what_is_settled_is_not_discarded(run, mended):
    run("replay", mended[0])

    with pytest.raises(CommandError, match=f"^dead letter {mended[0]} is replayed already$"):
        run("discard", *mended, "--reason", "x")
    assert states() == ["replayed", "failed"]


def test_from_a_shell_only_the_outcome_is_on_stdout_and_the_user_is_on_record(shell, mended):
    done = shell("replay", "--all")

    assert (done.returncode, done.stdout) == (0, "2 replayed\n")
    assert set(DeadLetter.objects.values_list("resolved_by", flat=True)) == {"ann"}


def test_from_a_shell_what_fails_again_is_told_on_the_last_line_with_status_1(shell, mended, unreadable):
    done = shell("replay", "--all")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "CommandError: 2 replayed, 1 failed again: see `dead_letters list`"
    assert "Traceback" not in done.stderr


def test_from_a_shell_an_error_is_one_line(shell):
    done = shell("show", 7)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", "CommandError: there is no dead letter 7\n")
