"""The README's figures are as `make figures` makes them."""

import json
import re

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.figures import BEGIN, END, README, newest, replaced, section
from benchmarks.report import write_json
from benchmarks.samples import Results, Sample

_RATES = {"live": 300, "single": 500, "go": 400, "ordinary": 50, "pgbench": 1000}


def results(*, at="2026-11-26T10:00:00+00:00", others=0.01) -> Results:
    samples = {
        f"{name} {clients}": [
            Sample(rate=rate * each, cpu={"web": 0.5, "others on this machine": others}) for each in (1.0, 1.1, 0.9)
        ]
        for name, rate in _RATES.items()
        for clients in (8, 32)
    }
    samples |= {"bulk": [Sample(rate=4000.0)] * 3, "chain": [Sample(rate=900.0)] * 3}
    plan = {"rounds": 3, "seconds": 5}
    facts = {"at": at, "commit": "6ff8bd0", "cores": 2, "plan": plan}
    return Results(samples=samples, latencies_ms=[40.0, 50.0], hops_ms=[8.0], in_hops=[5.2, 5.4], facts=facts)


def form(text: str) -> str:
    """A text without its figures."""
    return re.sub(r"\d+(\.\d+)?", "#", re.sub("`[0-9a-f]{7,12}`", "`commit`", text))


def test_the_readme_has_the_section_that_the_command_makes():
    _, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    made, end, _ = rest.partition(END)

    assert end
    assert form(made) in (form(section(results())), form(section(results(others=1.4))))


def test_figures_of_a_machine_that_others_used_say_so():
    assert "mean little" in section(results(others=1.4))
    assert "mean little" not in section(results(others=0.1))


def test_a_ratio_is_the_median_of_the_rounds_with_their_range():
    assert "| `POST /orders`, 8 clients, everything on | **0.75** (0.75 to 0.75) | **6.00** (" in section(results())
    assert "| **10.00** (9.09 to 11.11) |" in section(results())  # bulk, whose rate is the same in each round


def test_only_the_section_is_replaced():
    text = f"before\n{BEGIN}old\n{END}after\n"

    assert replaced(text, "new\n") == f"before\n{BEGIN}new\n{END}after\n"
    with pytest.raises(BenchmarkError):
        replaced("no section", "new\n")


def test_the_newest_whole_run_counts(tmp_path):
    """Other commands write their results beside those, and a run of one part has no ratios."""
    write_json(results(at="2026-11-24T10:00:00+00:00"), tmp_path / "20261124-100000.json")
    write_json(results(at="2026-11-25T10:00:00+00:00"), tmp_path / "20261125-100000.json")
    write_json(Results(samples={"chain": [Sample(rate=1.0)]}), tmp_path / "20261126-100000.json")
    (tmp_path / "20261127-100000.json").write_text(json.dumps({"figures": {}}), encoding="utf-8")

    assert newest(tmp_path).facts["at"] == "2026-11-25T10:00:00+00:00"


def test_without_a_whole_run_there_are_no_figures(tmp_path):
    with pytest.raises(BenchmarkError, match="make bench"):
        newest(tmp_path)
