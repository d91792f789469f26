"""Files and folders that are written atomically, and logs."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOG_LIMIT = 10_000_000


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step; only its owner may read it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in the file; empty if the file is missing or incomplete."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object as `write_private` does."""
    write_private(path, json.dumps(content, indent=2) + "\n")


def build_folder(folder: Path, build: Callable[[Path], None]) -> None:
    """Build `folder` under another name and rename it, so that it exists complete or not at all."""
    if folder.exists():
        return
    unfinished = folder.with_name(f"{folder.name}.new")
    remove_folder(unfinished)
    unfinished.mkdir(parents=True)
    build(unfinished)
    unfinished.rename(folder)


def remove_folder(folder: Path) -> None:
    """Delete the folder if it exists, even while a process still writes into it."""
    for _ in range(5):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
    shutil.rmtree(folder)


def rotate_log(log: Path) -> None:
    """Keep one old log beside the current one once it has grown large."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_name(f"{log.name}.1"))


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log, without empty lines, for an error message."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        lines = file.read().decode("utf-8", errors="replace").splitlines()
    return "\n".join([line for line in lines if line.strip()][-count:])


def read_lock(lock: Path) -> dict[str, str]:
    """A lock file of jars: the SHA-256 of each by its Maven coordinate."""
    return dict(line.split() for line in lock.read_text(encoding="utf-8").splitlines())
