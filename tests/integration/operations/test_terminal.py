"""The output of commands never controls the terminal, in any locale."""

import json

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError

from messaging.models import DeadLetter
from operations.cli.base_command import BaseCommand
from tests.commands import manage
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = "\x1b]0;owned\x07\x9b2J\u202e"
ASCII, UTF_8 = {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "utf-8"}
OURS = sorted(name for name, app in get_commands().items() if app == "operations")


def is_safe(text: str) -> bool:
    return text.replace("\n", "").isprintable()


@pytest.fixture
def letter() -> DeadLetter:
    """A dead letter whose texts are all hostile."""
    return DeadLetter.objects.create(
        consumer="inventory",
        topic="orders",
        partition=0,
        offset=1,
        timestamp=0,
        key=f"ü{HOSTILE}\nforged",
        event_type=f"{HOSTILE}order.placed.v9",
        headers={"ce_id": HOSTILE},
        body=f'"{HOSTILE}\r\n"'.encode() + b"\xff",
        error=f"{HOSTILE} no such\nthing",
        traceback=f"Traceback\n  {HOSTILE}\n",
        attempts=1,
        reason=HOSTILE,
    )


@pytest.mark.parametrize("locale", [ASCII, UTF_8])
@pytest.mark.parametrize("action", ["list", "show"])
def test_dead_letters_are_shown_in_every_locale(letter, locale, action):
    done = manage("dead_letters", action, *([letter.pk] if action == "show" else []), **locale)

    assert (done.returncode, done.stderr) == (0, "")
    assert is_safe(done.stdout)
    assert r"\u000aforged" in done.stdout
    assert r"\u001b]0;owned\u0007\u009b2J\u202e" in done.stdout


def test_a_dead_letter_is_one_line_of_the_list(letter):
    assert len(manage("dead_letters", "list").stdout.splitlines()) == 1


@pytest.mark.parametrize("locale", [ASCII, UTF_8])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_an_import_says_what_is_in_a_file_on_lines_of_its_own(tmp_path, locale, as_json):
    ProductFactory(sku="MUG")
    file = tmp_path / "orders.csv"
    file.write_text(f'reference,customer_id,sku,quantity\n"R-ü{HOSTILE}\nforged",C-1,MUG,1\nR-2,C-1,MUG,1\n')

    done = manage("import_orders", "--dry-run", *as_json, file, **locale)

    assert done.returncode == 0, done.stderr
    assert is_safe(done.stdout + done.stderr)
    assert len(done.stderr.splitlines()) == 1
    if as_json:
        (refusal,) = json.loads(done.stdout)["refusals"]
        assert refusal["reference"] == f"R-ü{HOSTILE}\nforged"


@pytest.mark.parametrize(
    "arguments",
    [
        ["create_api_client", f"ü{HOSTILE}\nx"],
        ["consume_orders", f"ü{HOSTILE}\nx"],
        ["import_catalogue", f"ü{HOSTILE}\nx.csv"],
        ["import_orders", f"ü{HOSTILE}\nx.csv"],
    ],
)
def test_an_error_is_one_line_whatever_it_is_about(arguments):
    done = manage(*arguments, **ASCII)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("CommandError: ")
    assert done.stderr.count("\n") == 1
    assert is_safe(done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["where"],
        ["import_orders", "orders.csv", "--tax-rate", "2"],
        ["dead_letters", "discard", "5"],
        ["relay_outbox", f"--ü{HOSTILE}\nx"],
    ],
)
def test_wrong_arguments_are_one_line_too(arguments):
    done = manage(*arguments, **ASCII)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"manage.py {arguments[0]}")
    assert done.stderr.endswith("(see --help)\n")
    assert done.stderr.count("\n") == 1
    assert is_safe(done.stderr)


# closeio/sync-engine#184: ids in which Python takes underscores for separators
@pytest.mark.parametrize(
    ("arguments", "limits"),
    [
        (["republish_events", "--overdue"], "from 0 to 999999999"),
        (["audit_pipeline", "--waiting-limit"], "from 0 to 999999999"),
        (["prepare", "--wait"], "from 0 to 999999999"),
        (["import_orders", "x.csv", "--on-hand"], "from 0 to 1000000000000000"),
        (["dead_letters", "replay", "--all", "--per-second"], "from 1 to 10000"),
        (["dead_letters", "show"], "from 1 to 9223372036854775807"),
        (["dead_letters", "discard", "--reason=x"], "from 1 to 9223372036854775807"),
        (["dead_letters", "go-on"], "from 1 to 9223372036854775807"),
        (["dead_letters", "stop"], "from 1 to 9223372036854775807"),
    ],
)
@pytest.mark.parametrize("number", ["99999999999999999999", "nan", "1e3", "1_0", "٣", "+1", " 1", ""])
def test_a_wrong_number_is_told_what_it_may_be(arguments, limits, number):
    """`int` takes some of these: `dead_letters discard 1_0` let go of number 10."""
    name, *rest = arguments

    with pytest.raises(CommandError, match=f"must be a whole number {limits}$"):
        call_command(name, *rest, number)


def test_wrong_arguments_of_a_call_raise_an_error():
    with pytest.raises(CommandError, match="the following arguments are required: FILE"):
        call_command("import_catalogue")


def test_an_export_names_the_file_that_cannot_be_written(tmp_path):
    file = tmp_path / "absent" / "orders.csv"
    done = manage("export_orders", "--output", file)

    assert done.returncode == 1
    assert done.stderr == f"CommandError: {file}: No such file or directory\n"


def test_a_name_of_bytes_that_are_not_utf8_is_shown():
    done = manage("import_orders", "caf\udce9.csv")

    assert (done.returncode, done.stderr) == (1, "CommandError: caf\\udce9.csv: No such file or directory\n")


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_these(name, capsys):
    command = load_command_class("operations", name)
    assert isinstance(command, BaseCommand)

    command.stdout.write(HOSTILE)
    command.stderr.write(HOSTILE)

    assert all(map(is_safe, capsys.readouterr()))


def test_an_error_that_a_command_raises_itself_is_one_line():
    class Failing(BaseCommand):
        def handle(self, **options):
            raise CommandError("a\nb", returncode=3)

    with pytest.raises(CommandError, match=r"^a\\u000ab$") as error:
        Failing().execute(force_color=False, no_color=False, skip_checks=True)
    assert error.value.returncode == 3
