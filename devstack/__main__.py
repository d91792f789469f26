"""Entry point: `python -m devstack run | test | shell | clean`."""

import argparse
import sys
from pathlib import Path

from devstack.console import speaker
from devstack.errors import DevstackError
from devstack.shell import run_with_stack, test_command
from devstack.signals import Stopped, stop_on_signals

ROOT = Path(__file__).resolve().parent.parent


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m devstack", description="PostgreSQL and Kafka from PyPI and Maven.")
    commands = top.add_subparsers(dest="action", required=True)
    for name, text in (
        ("test", "run pytest with a PostgreSQL and a Kafka of its own; arguments after -- are pytest's"),
        ("shell", "run any command with a PostgreSQL and a Kafka of its own: shell -- COMMAND…"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--durable", action="store_true", help="keep PostgreSQL's fsync on")
        command.add_argument("command", nargs=argparse.REMAINDER)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one action; a foreseeable error is one line and exit status 1."""
    options = parser().parse_args(argv)
    stop_on_signals()
    try:
        return _act(options)
    except DevstackError as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    except Stopped as stopped:
        return 128 + stopped.signum


def _act(options: argparse.Namespace) -> int:
    arguments = [argument for index, argument in enumerate(options.command) if index or argument != "--"]
    command = test_command(arguments) if options.action == "test" else arguments
    if not command:
        raise DevstackError("name a command to run: shell -- COMMAND…")
    return run_with_stack(ROOT, command, durable=options.durable, say=speaker(sys.stderr))


if __name__ == "__main__":
    sys.exit(main())
