"""Search the models in this folder for a way to break their promises: `make spec`. README.md says what that means.

With bounds or guards as arguments it searches with these, and tells the counterexample step by step if there is one:
`python3 docs/spec/check.py LOOK_AGAIN=0 LOOKS=0 DEATHS=0 MISHAPS=0`. Needs nothing but Spin and a C compiler.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

MODEL = Path(__file__).with_name("way_of_an_event.pml")
LIFE = Path(__file__).with_name("life_of_an_order.pml")
WHOLE, PUBLISHING, CONSUMING = range(3)  # as in the model

_COMPILE = ("cc", "-O1", "-w", "-DNFAIR=3", "-DMEMLIM=3000")
_DEPTH = 100_000  # steps of the longest path, far above what is reached
_NOT_PART_OF_THE_STORY = re.compile(r"^(spin: |ltl |Never claim |\s*$)")


@dataclass(frozen=True)
class Search:
    """One exhaustive search: for a broken promise about every moment or, if it is `live`, also about the end."""

    name: str
    live: bool = False
    bounds: Mapping[str, int] = field(default_factory=dict)
    model: Path = MODEL

    def __str__(self) -> str:
        return f"{self.name}: {'all takes effect' if self.live else 'nothing wrong ever'}"


@dataclass(frozen=True)
class Verdict:
    """What a search found. `broken` is the promise that was broken, and `story` how, step by step."""

    exhausted: bool
    broken: str | None
    states: int
    seconds: float
    story: str


SEARCHES = (
    Search("publishing, 3 events", False, {"PART": PUBLISHING, "WRITERS": 3, "ORDERS": 2}),
    Search("publishing, at rest", False, {"PART": PUBLISHING, "LOOKS": 0, "DEATHS": 2, "MISHAPS": 2}),
    Search("publishing", True, {"PART": PUBLISHING, "DEATHS": 2}),
    Search(
        "publishing, looking again only", True, {"PART": PUBLISHING, "WRITERS": 3, "ORDERS": 2, "LOOKS": 0, "DEATHS": 0}
    ),
    Search("publishing in 2 lanes, at rest", False, {"PART": PUBLISHING, "LANES": 2, "ORDERS": 2, "LOOKS": 0}),
    Search("publishing in 2 lanes", True, {"PART": PUBLISHING, "LANES": 2, "ORDERS": 2, "MISHAPS": 0}),
    Search(
        "publishing in 2 lanes, looking again only",
        True,
        {"PART": PUBLISHING, "LANES": 2, "ORDERS": 2, "LOOKS": 0, "DEATHS": 0},
    ),
    Search(
        "publishing beside a version without lanes",
        True,
        {"PART": PUBLISHING, "LANES": 2, "ORDERS": 2, "OLDER": 1, "LOOKS": 0, "DEATHS": 0},
    ),
    Search("consuming", False, {"PART": CONSUMING, "WRITERS": 3, "ORDERS": 2, "MISHAPS": 2}),
    Search("consuming", True, {"PART": CONSUMING, "WRITERS": 3, "ORDERS": 2}),
    Search("consuming and answering", False, {"PART": CONSUMING, "ANSWERS": 1}),
    Search("whole, an event and its answer, at rest", False, {"WRITERS": 1, "ANSWERS": 1, "LOOKS": 0}),
    Search("whole, an event and its answer", True, {"WRITERS": 1, "ANSWERS": 1}),
    Search("whole, looking again only", True, {"WRITERS": 1, "ANSWERS": 1, "LOOKS": 0, "DEATHS": 0}),
    Search("whole, 2 events", True, {"MISHAPS": 0}),
    Search("life of an order, 2 mishaps", False, {"MISHAPS": 2}, LIFE),
    Search("life of an order of 3 units", False, {"UNITS": 3}, LIFE),
)


def missing_tools() -> str | None:
    """What to install, in one line; None if nothing is missing."""
    needed = {"spin": "Spin (Debian: spin)", "cc": "a C compiler (Debian: gcc)"}
    missing = [name for tool, name in needed.items() if shutil.which(tool) is None]
    return f"The specification can't be checked without {' and '.join(missing)}." if missing else None


def run(search: Search) -> Verdict:
    """Search until something is found or everything was seen.

    Raises:
        subprocess.CalledProcessError: the model does not compile.
    """
    bounds = [f"-D{name}={value}" for name, value in search.bounds.items()]
    kind = [] if search.live else ["-DSAFETY", "-DNOCLAIM"]
    options = ["-a", "-f"] if search.live else []
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        _run(folder, "spin", *bounds, "-a", str(search.model))
        _run(folder, *_COMPILE, *kind, "-o", "pan", "pan.c")
        found = _run(folder, "./pan", *options, f"-m{_DEPTH}", "-w22")
        broken = _broken(found)
        story = _story(folder, search, bounds) if broken else ""
    return Verdict(
        exhausted=not re.search(r"^(error: |pan: reached|Warning: Search not completed)", found, re.MULTILINE),
        broken=broken,
        states=int(re.findall(r"^\s*(\d+) states, stored", found, re.MULTILINE)[0]),
        seconds=time.monotonic() - begin,
        story="\n".join(_told(story)),
    )


def _run(folder: str, *command: str) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S603


def _story(folder: str, search: Search, bounds: list[str]) -> str:
    trail = next(Path(folder).glob("*.trail")).name
    return _run(folder, "spin", *bounds, "-t", "-T", "-B", "-k", trail, str(search.model))


def _broken(found: str) -> str | None:
    error = re.search(r"^pan:1: (?:assertion violated +!\((\w+)\)|(.*) \(at depth)", found, re.MULTILINE)
    return error and (error[1] or {"acceptance cycle": "nothing_lost"}.get(error[2], error[2]))


def _told(story: str) -> Iterator[str]:
    for line in story.splitlines():
        if "START OF CYCLE" in line:
            yield "... and nothing more happens, for ever"
        elif not _NOT_PART_OF_THE_STORY.match(line):
            yield line.strip()


def _line(search: Search, verdict: Verdict) -> str:
    result = f"BROKEN: {verdict.broken}" if verdict.broken else "holds" if verdict.exhausted else "NOT EXHAUSTED"
    return f"{search!s:<62} {verdict.states:>10,} states {verdict.seconds:>6.1f} s   {result}"


def _names(model: Path) -> list[str]:
    return re.findall(r"^#ifndef (\w+)", model.read_text(), re.MULTILINE)


def _asked(arguments: list[str]) -> tuple[Search, ...]:
    """The searches with these bounds, of the first model that knows all of them."""
    bounds = dict(map(_bound, arguments))
    for model, kinds in ((MODEL, (False, True)), (LIFE, (False,))):
        if bounds.keys() <= set(_names(model)):
            return tuple(Search("as asked", live, bounds, model) for live in kinds)
    sys.exit(f"no model has all of {', '.join(bounds)}")


def _bound(argument: str) -> tuple[str, int]:
    name, _, value = argument.partition("=")
    known = list(dict.fromkeys([*_names(MODEL), *_names(LIFE)]))
    if name not in known or not value.isdecimal():
        sys.exit(f"{argument}: this has to be NAME=NUMBER, NAME being one of {', '.join(known)}")
    return name, int(value)


def main(arguments: list[str]) -> int:
    """Run all searches, or the one that is asked for; 1 if a promise is broken or not everything was searched."""
    if missing := missing_tools():
        print(missing, file=sys.stderr)
        return 1
    searches = _asked(arguments) if arguments else SEARCHES
    good = True
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for search, verdict in zip(searches, pool.map(run, searches), strict=True):
            print(_line(search, verdict), verdict.story, sep="\n" if verdict.story else "", flush=True)
            good = good and verdict.exhausted and verdict.broken is None
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
