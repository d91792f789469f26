"""Statements name their columns: old code goes on beside a newer schema, where a table has a column more.

A rolling update runs both for a while: sourcegraph/sourcegraph-public-snapshot#12298, lobu-ai/lobu#2846.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).parents[2]
ROOMS = (
    "api",
    "backoffice",
    "common",
    "config",
    "inventory",
    "invoicing",
    "messaging",
    "operations",
    "orders",
    "serving",
)
# Queries of a person over one moment, whose stars are of lists that the query itself names.
READ_ONLY = "operations/audit"

_NAME = r'[\w."]+'
WITHOUT_COLUMNS = {
    "a star": re.compile(r"(?:\b(?:SELECT|DISTINCT|ALL|RETURNING)\b|,)\s*\*|[\w\")]\.\*", re.I),
    "a COPY without its columns": re.compile(rf"\bCOPY\s+{_NAME}\s+(?:FROM|TO)\b", re.I),
    "a NATURAL join": re.compile(r"\bNATURAL\s+(?:LEFT\s+|RIGHT\s+|FULL\s+|INNER\s+)?(?:OUTER\s+)?JOIN\b", re.I),
    "a whole TABLE": re.compile(r"(?:^|\(|\bUNION\b|\bAS\b)\s*TABLE\s+\w", re.I),
}
_INSERT = re.compile(rf"\bINSERT\s+INTO\s+{_NAME}(?:\s+AS\s+{_NAME})?\s*(?P<next>.?)", re.I | re.S)
_SQL = re.compile(r"\b(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|RETURNING|COPY|TABLE)\b")


def wrong_with(sql: str) -> list[str]:
    """The reasons why a statement depends on columns that it does not name."""
    found = [what for what, pattern in WITHOUT_COLUMNS.items() if pattern.search(sql)]
    if any(match["next"] != "(" for match in _INSERT.finditer(sql)):
        found.append("an INSERT without its columns")
    return found


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Strings of a module as they are put together in one place: literals, f-strings, sums of them. No docstrings."""
    tree = ast.parse(path.read_text())
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            parts |= {id(first.value)} if isinstance(first, ast.Expr) else set()
        if id(node) not in parts and (text := _text_of(node)) is not None:
            parts |= {id(part) for part in ast.walk(node)}
            yield node.lineno, text


def _text_of(node: ast.AST) -> str | None:
    """None if it is no string; what is filled in stands as a name."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(part) or "filled_in" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text_of(node.left), _text_of(node.right)
        return None if left is None and right is None else (left or "filled_in") + (right or "filled_in")
    return None


def modules() -> list[Path]:
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in paths if not path.is_relative_to(ROOT / READ_ONLY)]


def test_every_statement_names_its_columns():
    statements = [
        (path.relative_to(ROOT), line, text) for path in modules() for line, text in strings(path) if _SQL.search(text)
    ]
    assert len(statements) > 20  # they are found

    assert [(str(path), line, wrong) for path, line, text in statements if (wrong := wrong_with(text))] == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders_order",
        "select *\nfrom t",
        "SELECT id, * FROM t",
        "SELECT o.* FROM orders_order AS o",
        "SELECT DISTINCT * FROM t",
        "INSERT INTO t SELECT * FROM jsonb_populate_recordset(NULL::t, %s)",
        "INSERT INTO t SELECT a, b FROM jsonb_populate_recordset(NULL::t, %s)",
        "INSERT INTO t VALUES (1, 2)",
        "INSERT INTO t AS other VALUES (1)",
        'INSERT INTO "t" DEFAULT VALUES',
        "WITH x AS (INSERT INTO filled_in filled_in) SELECT a FROM x",
        "INSERT INTO t (a) VALUES (1) RETURNING *",
        "DELETE FROM t RETURNING t.*",
        "COPY t FROM STDIN",
        "SELECT a FROM t NATURAL JOIN u",
        "WITH x AS (TABLE t) SELECT a FROM x",
    ],
)
def test_a_statement_that_does_not_name_its_columns_is_reported(sql):
    assert wrong_with(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM t",
        "SELECT a * b, (a + 1) * 2, 3 * a FROM t",
        "INSERT INTO t (a, b) SELECT a, b FROM json_populate_recordset(NULL::t, %s) RETURNING a",
        "INSERT INTO t AS other (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = other.a",
        "COPY t (a, b) FROM STDIN",
        "CREATE TABLE t (a int)",
    ],
)
def test_a_statement_that_names_its_columns_is_not_reported(sql):
    assert wrong_with(sql) == []


def test_statements_are_found_however_they_are_put_together(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        '"""SELECT * in words."""\nA = "INSERT INTO t " "SELECT a"\nB = f"INSERT INTO {x} " + y + "SELECT *"\n'
    )

    assert [text for _, text in strings(path)] == ["INSERT INTO t SELECT a", "INSERT INTO filled_in filled_inSELECT *"]


# --- what a newer schema must be like, so that statements with their columns suffice ---------------------------------

# From before two versions ran side by side. A default of Django's alone is none of the database's: inserts of the
# version before fail, which do not know the column.
BEFORE = {("messaging", "0003_sequences_of_dead_letters"), ("messaging", "0004_dead_letters_of_topics_made_anew")}
OURS = {"api", "inventory", "invoicing", "messaging", "orders", "operations"}


def test_a_column_that_is_added_can_be_left_out():
    migrations = MigrationLoader(None).disk_migrations
    added = [
        (*key, operation.model_name, operation.name)
        for key, migration in sorted(migrations.items())
        if key[0] in OURS and key not in BEFORE
        for operation in migration.operations
        if isinstance(operation, AddField) and not (operation.field.null or operation.field.has_db_default())
    ]

    assert added == []
