"""Telling the person at the terminal what is going on while a command works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from common.printing import printable

WriteLine = Callable[[str], None]
ShowProgress = Callable[[int, int], None]  # done, in all


@contextmanager
def reporting(stderr: OutputWrapper, doing: str) -> Iterator[tuple[WriteLine, ShowProgress]]:
    """Functions to write a line to stderr, and to show there how far the work is: by a bar, if it is a terminal.

    A line stays one: line ends in it are escaped, like all that a terminal would obey.
    """
    if not stderr.isatty():
        yield lambda text: stderr.write(printable(text)), lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield (
            lambda text: bar.console.print(printable(text), markup=False, highlight=False, soft_wrap=True),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
