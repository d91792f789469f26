"""The command of a child process."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command line, with its output and the way to stop it.

    Attributes:
        environment: variables in addition to those of this process.
        output: a private file for its standard output, which otherwise goes to the log.
        text: its standard input.
        stop_seconds: the time between `stop_signal` and SIGKILL.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    output: Path | None = None
    text: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8.0
