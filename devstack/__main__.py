"""Entry point: `python -m devstack run | demo | test | shell | manage | doctor | clean`."""

import argparse
import sys
from pathlib import Path

from devstack.bootstrap import problem_of_path
from devstack.console import speaker
from devstack.errors import DevstackError
from devstack.exit_status import exit_status

ROOT = Path(__file__).resolve().parent.parent
ACTIONS = {
    "run": "PostgreSQL, Kafka, web, consumers and relay, until Ctrl-C",
    "demo": "the same, with customers who order, and faults at the press of a key",
    "doctor": "what is wrong with the servers of the environment, or else with those of `make run`",
    "manage": "a command of manage.py, for the same servers: manage -- where ORDER",
    "clean": "end what a killed run left behind, and delete .devstack/",
    "test": "pytest with a PostgreSQL and a Kafka of its own; what follows -- goes to pytest",
    "shell": "any command with a PostgreSQL and a Kafka of its own: shell -- COMMAND…",
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m devstack", description="PostgreSQL and Kafka, with no root rights.")
    actions = top.add_subparsers(dest="action", required=True)
    for name, text in ACTIONS.items():
        action = actions.add_parser(name, help=text, description=text)
        if name in ("run", "demo"):
            help_ = "how many Kafka brokers; with 3, orders flow on when one is killed (1)"
            action.add_argument("--brokers", type=int, choices=(1, 3, 5), default=1, help=help_)
        if name in ("test", "shell"):
            action.add_argument("--durable", action="store_true", help="keep PostgreSQL's fsync on")
        if name in ("test", "shell", "manage"):
            action.add_argument("command", nargs=argparse.REMAINDER)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one action; an expected error is one line on stderr and exit status 1."""
    options = parser().parse_args(argv)
    return exit_status(lambda: act(options), name="devstack", errors=(DevstackError, OSError), failed=1)


def act(options: argparse.Namespace) -> int:
    """Run the action of the command line. Imports are local, because `clean` has to work without any package."""
    if options.action == "clean":
        from devstack.clean import clean

        return clean(ROOT, speaker())
    if options.action in ("doctor", "manage"):
        from devstack.manage import manage

        return manage(ROOT, ["doctor"] if options.action == "doctor" else _given(options))
    if problem := problem_of_path(ROOT):
        raise DevstackError(problem)
    if options.action == "run":
        from devstack.make_run.run import run

        return run(ROOT, speaker(), brokers=options.brokers)
    if options.action == "demo":
        from devstack.demo.run import run_demo

        return run_demo(ROOT, speaker(), brokers=options.brokers)
    from devstack.shell import run_with_stack

    # Standard output is the command's.
    return run_with_stack(ROOT, command(options), durable=options.durable, say=speaker(sys.stderr))


def command(options: argparse.Namespace) -> list[str]:
    """The command to run with a stack."""
    given = _given(options)
    if options.action == "test":
        return [sys.executable, "-m", "pytest", *given]
    if not given:
        raise DevstackError("name a command to run: shell -- COMMAND…")
    return given


def _given(options: argparse.Namespace) -> list[str]:
    return list(options.command[1:] if options.command[:1] == ["--"] else options.command)


if __name__ == "__main__":
    sys.exit(main())
