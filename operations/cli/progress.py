"""The progress of a command, for the person at the terminal."""

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
    """Functions to write a line to stderr, and to show the progress there, as a bar if it is a terminal.

    Lines are escaped: line ends, and everything that would control a terminal.
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
