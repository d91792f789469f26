"""Exports by commands: the filters of a list as arguments, and a file that is complete or absent."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import django_filters
from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from common.text import trim
from operations.cli import arguments

Filters = type[django_filters.FilterSet]


def add_export_arguments(parser: CommandParser, filters: Filters) -> None:
    """Add an argument for each filter of the list over HTTP, and one for the output."""
    for name in filters.base_filters:
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="VALUE", help=f"as {name} of the list over HTTP")
    parser.add_argument("--output", metavar="FILE", type=arguments.path, help="where to write instead of to stdout")


def filtered(rows: QuerySet[Any], filters: Filters, options: dict[str, Any]) -> QuerySet[Any]:
    """The rows that the arguments ask for.

    Raises:
        CommandError: names every invalid argument.
    """
    given = {name: trim(options[name]) for name in filters.base_filters if options[name] is not None}
    problems = [f"--{name.replace('_', '-')}: is empty" for name, text in given.items() if not text]
    filterset = filters(given, rows)
    if not filterset.is_valid():
        problems += [f"--{name.replace('_', '-')}: {' '.join(found)}" for name, found in filterset.errors.items()]
    if problems:
        raise CommandError("; ".join(problems))
    found: QuerySet[Any] = filterset.qs
    return found


def write_export(chunks: Iterator[bytes], output: Path | None) -> None:
    """Write chunks to a file or to stdout, as bytes, independent of the locale."""
    with _opened(output) as file:
        for chunk in chunks:
            file.write(chunk)


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO]:
    """A file that gets its name once it is complete: an export that fails leaves a former file as it was."""
    if path is None or (path.exists() and not path.is_file()):  # such as /dev/stdout, or a pipe with a name
        with (
            _named_in_errors(path or "standard output"),
            open(sys.stdout.fileno() if path is None else path, "wb", closefd=path is not None) as file,
        ):
            yield file
        return
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with _named_in_errors(path, instead_of=unfinished):
            with unfinished.open("xb") as file:
                yield file
            unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _named_in_errors(path: Path | str, *, instead_of: Path | None = None) -> Iterator[None]:
    """Give an error of writing, as of a full disk, the name that the operator knows."""
    try:
        yield
    except OSError as error:
        if error.filename in (None, str(instead_of)):
            error.filename = str(path)
        raise
