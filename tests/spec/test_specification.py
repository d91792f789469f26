"""The specification in docs/spec holds, and each of its guards is needed.

`make spec` searches further: what holds is searched here with an event less and without mishaps.
"""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

import messaging
from docs.spec import check
from docs.spec.check import CONSUMING, LIFE, MODEL, PUBLISHING, SEARCHES, Search

needs_spin = pytest.mark.skipif(
    check.missing_tools() is not None and "CI" not in os.environ, reason=check.missing_tools() or ""
)

# What breaks without a guard, and how little must happen for it.
BROKEN = {
    "ROW_LOCK=0": ("effected_out_of_order", {"PART": PUBLISHING, "DEATHS": 0, "MISHAPS": 0}),
    "OUTBOX=0": ("published_uncommitted", {"PART": PUBLISHING, "DEATHS": 0, "MISHAPS": 0}),
    "BY_PRESENCE=0": ("nothing_lost", {"PART": PUBLISHING, "ORDERS": 2, "DEATHS": 0, "MISHAPS": 0}),
    "LOOK_AGAIN=0": ("nothing_lost", {"PART": PUBLISHING, "LOOKS": 0, "DEATHS": 0, "MISHAPS": 0}),
    "LOOKS=0": ("nothing_lost", {"PART": PUBLISHING, "DEATHS": 1, "MISHAPS": 0}),
    "SKIP_LOCKED=1": ("effected_out_of_order", {"PART": PUBLISHING, "LANE_LOCKS": 0, "DEATHS": 0, "MISHAPS": 0}),
    "LANE_OF_THE_KEY=0": ("effected_out_of_order", {"PART": PUBLISHING, "LANES": 2, "DEATHS": 0, "MISHAPS": 0}),
    "ALL_AFTER_A_SHARE=0": (
        "nothing_lost",
        {"PART": PUBLISHING, "LANES": 2, "ORDERS": 2, "LOOKS": 0, "DEATHS": 0, "MISHAPS": 0},
    ),
    "ACKNOWLEDGED=0": ("nothing_lost", {"PART": PUBLISHING, "DEATHS": 0, "MISHAPS": 1}),
    "HOLD_BACK=0": ("effected_out_of_order", {"PART": PUBLISHING, "DEATHS": 0, "MISHAPS": 1}),
    "ONE_TRANSACTION=0": ("effected_twice", {"PART": CONSUMING, "DEATHS": 1, "MISHAPS": 0}),
    "CLAIM_ROLLS_BACK=0": ("invalid end state", {"PART": CONSUMING, "DEATHS": 1, "MISHAPS": 0}),
    "DATABASE_FIRST=0": ("nothing_lost", {"PART": CONSUMING, "DEATHS": 1, "MISHAPS": 0}),
}

# The same of the life of an order, which takes one mishap where another number is not given.
BROKEN_LIFE = {
    "ROW_LOCK=0": ("lost_units", 0),
    "LATE_ANSWERS=0": ("stuck", 0),
    "DECIDED_ONCE=0": ("held_wrongly", 1),
    "RELEASED_ONCE=0": ("held_wrongly", 1),
    "KEPT=0": ("billed_wrongly", 1),
    "CREDITED_ONCE=0": ("billed_wrongly", 1),
}

# What may be left out without harm: README.md says why it is there all the same.
HARMLESS = {
    "the second look, if there is a look every second": {"LOOK_AGAIN": 0, "LOOKS": 1},
    "the lock, if every publisher reads every row": {"LANE_LOCKS": 0, "SKIP_LOCKED": 0},
    "the locks of lanes, if every publisher of a lane reads all its rows": {
        "LANE_LOCKS": 0,
        "LANES": 2,
        "ORDERS": 2,
        "DEATHS": 0,
    },
}


def smaller(search: Search) -> Search:
    if search.model == LIFE:
        return search  # a second's work
    bounds = {"WRITERS": 2, "DEATHS": 1, **search.bounds}
    fewest = 2 if "LANES" in bounds else 1  # an event in each lane
    return replace(
        search,
        bounds=bounds
        | {"WRITERS": max(fewest, bounds["WRITERS"] - 1), "DEATHS": min(1, bounds["DEATHS"]), "MISHAPS": 0},
    )


@needs_spin
@pytest.mark.parametrize("search", SEARCHES, ids=str)
def test_no_promise_can_be_broken(search):
    verdict = check.run(smaller(search))

    assert verdict.broken is None, verdict.story
    assert verdict.exhausted


@needs_spin
@pytest.mark.parametrize("guard", BROKEN)
def test_without_one_guard_a_promise_is_broken(guard):
    promise, bounds = BROKEN[guard]
    name, value = guard.split("=")

    verdict = check.run(Search(guard, live=promise == "nothing_lost", bounds={**bounds, name: int(value)}))

    assert verdict.broken == promise
    assert "event 0 " in verdict.story


@needs_spin
@pytest.mark.parametrize("guard", BROKEN_LIFE)
def test_without_one_guard_the_life_of_an_order_goes_wrong(guard):
    promise, mishaps = BROKEN_LIFE[guard]
    name, value = guard.split("=")

    verdict = check.run(Search(guard, bounds={"MISHAPS": mishaps, name: int(value)}, model=LIFE))

    assert verdict.broken == promise
    assert "cancelled" in verdict.story


@needs_spin
@pytest.mark.parametrize("bounds", HARMLESS.values(), ids=HARMLESS)
def test_what_is_there_for_speed_alone_may_be_left_out(bounds):
    verdict = check.run(Search("harmless", live=True, bounds={"PART": PUBLISHING, "MISHAPS": 0, **bounds}))

    assert verdict.broken is None, verdict.story
    assert verdict.exhausted


def test_every_guard_is_known_to_be_needed_or_not():
    assert _guards(MODEL) == {guard.split("=")[0] for guard in BROKEN} - {"LOOKS"} | {"LANE_LOCKS"}
    assert _guards(LIFE) == {guard.split("=")[0] for guard in BROKEN_LIFE}


def _guards(model: Path) -> set[str]:
    section = model.read_text().split("---- Guards.")[1].split("/* ----")[0].split("mtype")[0]
    return set(re.findall(r"^#define (\w+)", section, re.MULTILINE))


def test_code_and_readme_name_the_points_at_which_the_model_dies():
    in_model = set(re.findall(r"DIE_AT\((\w+\.\w+)\)", MODEL.read_text()))
    in_code = {
        name
        for module in Path(messaging.__path__[0]).rglob("*.py")
        for name in re.findall(r"\breached\(\"(\w+\.\w+)\"\)", module.read_text())
    }
    in_readme = set(re.findall(r"^\| `(\w+\.\w+)`", MODEL.with_name("README.md").read_text(), re.MULTILINE))

    assert in_model
    assert in_code == in_model
    assert in_readme == in_model


def test_the_code_that_the_readme_names_is_there():
    places = re.findall(r"([\w/]+\.py): ((?:`[\w.]+`(?:, )?)+)", MODEL.with_name("README.md").read_text())

    assert len(places) > 10
    for file, names in places:
        source = Path(settings.BASE_DIR, file).read_text()
        for name in re.findall(r"(\w+)`", names):
            assert re.search(rf"^ *(def|class) {name}\b", source, re.MULTILINE), f"{file}: {name}"


def test_what_is_missing_is_said_in_one_line():
    done = subprocess.run(
        [sys.executable, check.__file__], env={"PATH": ""}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == (
        "The specification can't be checked without Spin (Debian: spin) and a C compiler (Debian: gcc).\n"
    )


@needs_spin
def test_a_counterexample_is_told(capsys):
    code = check.main(["PART=1", "LOOK_AGAIN=0", "LOOKS=0", "DEATHS=0", "MISHAPS=0"])

    assert code == 1
    out = capsys.readouterr().out
    assert "BROKEN: nothing_lost" in out
    assert "finds all lanes taken" in out


@needs_spin
def test_bounds_choose_the_model_that_has_them(capsys):
    assert check.main(["CREDITED_ONCE=0"]) == 1
    assert "credited are 4" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="no model has all of"):
        check.main(["CREDITED_ONCE=0", "DEATHS=0"])
