"""Docstrings, comments and documents name files, modules and functions that exist."""

import ast
import io
import os
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
ROOMS = "api|backoffice|benchmarks|common|config|devstack|inventory|invoicing|messaging|operations|orders|serving|tests"
SUFFIXES = "css|html|md|pml|py|sql|toml|yml"
FILE = re.compile(rf"(?<![\w/.…:-])(?:[\w-]+/)+[\w-]+\.(?:{SUFFIXES})\b(?!\w)")
# Neither a bare file, such as `orders.py`, nor a permission, such as `orders.add_product`.
DOTTED = re.compile(rf"(?<![\w/.@-])(?:{ROOMS})(?!\.(?:py|add_|change_|delete_|set_|view_))(?:\.\w+)+")
CONSTANT = re.compile(r"`(?:\w+\.)*(_?[A-Z]+(?:_[A-Z0-9]+)+)`")
GENERATED = {"__pycache__", "results", "static"}
NOT_OURS = {"unfold/helpers/label.html"}
# A decision that another one took the place of tells of what was.
SUPERSEDED = "**No longer so:**"


@cache
def files() -> frozenset[str]:
    """The files of this project, without hidden folders and generated files."""
    found = set()
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in GENERATED]
        found |= {str(Path(folder, name).relative_to(ROOT)) for name in names}
    return frozenset(found)


def texts(path: str) -> Iterator[str]:
    """The docstrings and the comments of a module, or a document as a whole."""
    source = (ROOT / path).read_text(encoding="utf-8")
    if not path.endswith(".py"):
        yield source
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def is_file(name: str) -> bool:
    return name in files() or name in NOT_OURS or any(file.endswith(f"/{name}") for file in files())


@cache
def permissions() -> frozenset[str]:
    """The permissions of models besides adding, changing, deleting and viewing."""
    own = ((model._meta.app_label, code) for model in apps.get_models() for code, _ in model._meta.permissions)
    return frozenset(f"{app}.{code}" for app, code in own)


def is_object(dotted: str) -> bool:
    """Whether this is a package or a module, what one defines at its top, or a permission."""
    if dotted in permissions():
        return True
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        place, rest = "/".join(parts[:count]), parts[count:]
        for path in (f"{place}.py", f"{place}/__init__.py"):
            if path in files():
                return not rest or rest[0] in defined(path)
        if not rest and any(file.startswith(f"{place}/") for file in files()):
            return True
    return False


@cache
def defined(path: str) -> frozenset[str]:
    """The names that a module has at its top: its own, and those that it imports."""
    names: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(names)


def missing(text: str) -> list[str]:
    """The names in a text that do not exist."""
    wrong = [name for name in FILE.findall(text) if not is_file(name)]
    return wrong + [name for name in DOTTED.findall(FILE.sub("", text)) if not is_object(name)]


MODULES = sorted(file for file in files() if file.endswith(".py") and "/migrations/" not in file)
DOCUMENTS = sorted(file for file in files() if file.endswith(".md"))
OF_TODAY = [path for path in DOCUMENTS if not path.startswith("docs/decisions/")]  # decisions tell of former names too


@pytest.mark.parametrize("path", [*MODULES, *DOCUMENTS])
def test_what_a_text_names_is_there(path):
    if path.startswith("docs/decisions/") and SUPERSEDED in (ROOT / path).read_text(encoding="utf-8"):
        return
    assert [name for text in texts(path) for name in missing(text)] == []


@cache
def words() -> frozenset[str]:
    """The words of all files but documents and pictures."""
    written = (file for file in files() if not file.endswith((".md", ".png")))
    return frozenset(
        word
        for file in written
        for word in re.findall(r"\w+", (ROOT / file).read_text(encoding="utf-8", errors="replace"))
    )


@pytest.mark.parametrize("path", OF_TODAY)
def test_a_constant_or_setting_that_a_document_names_is_there(path):
    named = CONSTANT.findall((ROOT / path).read_text(encoding="utf-8"))

    assert [name for name in named if name not in words()] == []


def test_a_name_of_nothing_is_found():
    assert missing("see orders/nothing.py, orders.nothing and orders.models.Nothing") == [
        "orders/nothing.py",
        "orders.nothing",
        "orders.models.Nothing",
    ]
    assert missing("see orders/models.py, orders.models and orders.models.Order") == []
