"""docs/architecture.md agrees with the code: layers, consumers, packages, and the places that a new field takes."""

import re
import tomllib
from pathlib import Path

import pytest

from operations.pipeline import CONSUMERS
from orders.intake.drafts import LineIn, LineRequest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
FIELDS = re.findall(r"```diff\n(.*?)```", PAGE, re.DOTALL)
LINT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


def test_the_layers_are_those_that_lint_checks():
    (layers,) = [contract["layers"] for contract in LINT["contracts"] if contract["type"] == "layers"]

    assert BLOCKS[0].strip() == " > ".join(layers)


def test_each_room_has_its_line():
    (table,) = re.findall(r"\| Room \|.*?\n\n", PAGE, re.DOTALL)
    rooms = re.findall(r"`(\w+)/`", "\n".join(line.split("|")[1] for line in table.strip().splitlines()))

    assert sorted(rooms) == sorted(LINT["root_packages"])


@pytest.mark.parametrize("places", FIELDS, ids=["of an order", "of a line"])
def test_a_new_field_has_the_places_that_the_page_names(places):
    found = re.findall(r"^(\S*) +((?:class|def) \w+) +\+", places, re.MULTILINE)
    files = [named for named, _ in found if named]
    path = ""
    for named, place in found:
        path = named or path  # a line without one goes on in the file above
        assert re.search(rf"^{place}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), (path, place)

    assert len(found) == len(places.splitlines())
    assert len(files) <= 4


def test_what_a_client_says_of_a_line_is_named_in_one_struct():
    own = set(LineRequest.__annotations__)

    assert issubclass(LineRequest, LineIn)
    assert not own & set(LineIn.__struct_fields__)


def test_each_consumer_reads_what_the_diagram_says():
    lines = [[cell.split() for cell in line.split("|")] for line in BLOCKS[1].strip().splitlines()]

    assert {name: (topics[1:], types) for (name,), topics, types in lines} == {
        name: (
            [topic + "," * (topic != consumer.topics[-1]) for topic in consumer.topics],
            [event.TYPE for event in consumer.handlers],
        )
        for name, consumer in CONSUMERS.items()
    }
