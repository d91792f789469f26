"""The programs in Go, built where Go is installed."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

from benchmarks.errors import BenchmarkError

SOURCES = Path(__file__).with_name("go")
BINARIES = Path(__file__).with_name("results")


@cache
def build(package: str) -> Path | None:
    """The program of a package below `go/`, built from what is there now; None where Go is not installed.

    Raises:
        BenchmarkError: it can't be built.
    """
    if not (go := shutil.which("go")):
        return None
    BINARIES.mkdir(exist_ok=True)
    program = BINARIES / f"go-{package}"
    argv = [go, "build", "-trimpath", "-o", str(program), f"./{package}"]
    done = subprocess.run(argv, cwd=SOURCES, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"go/{package} can't be built: {done.stderr.strip()}")
    return program
