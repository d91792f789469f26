"""What to run."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """What to run, where its output goes, and how to stop it.

    `environment` is added to our own. `output` is a private file for its standard output, which otherwise goes to the
    log. `text` is its standard input. `stop_seconds` is how long it gets between `stop_signal` and SIGKILL.
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
