import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command


@dataclass(frozen=True)
class Said:
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self.out)


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """A function that writes a file of a header and rows."""

    def make(header: str, *rows: str, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return make


@pytest.fixture
def write_orders(write) -> Callable[..., Path]:
    return lambda *rows, **options: write("reference,customer_id,sku,quantity", *rows, **options)


@pytest.fixture
def run() -> Callable[..., Said]:
    """A function that runs a command; returns its output, whose last line on stderr is the error."""

    def run_command(command: str, *arguments: object, fails: bool = False) -> Said:
        out, err = io.StringIO(), io.StringIO()
        error = None
        try:
            call_command(command, *map(str, arguments), stdout=out, stderr=err)
        except CommandError as raised:
            error = raised
            err.write(f"{error}\n")
        assert bool(error) == fails, error
        return Said(out.getvalue(), err.getvalue())

    return run_command


@pytest.fixture
def import_orders(run) -> Callable[..., Said]:
    return lambda *arguments: run("import_orders", "--json", *arguments)
