"""Errors of the database as one-line messages for operators."""

import re

from common.postgres import is_canceled, is_disk_full, is_outage, sqlstate

_NOT_MIGRATED = ("42P01", "42703")  # undefined table, undefined column
_READ_ONLY = "25006"
_TAKES_NO_CHANGES = "PostgreSQL takes no changes here, at the moment"
_DISK_FULL = "the disk of PostgreSQL is full"
# libpq does not tell the SQLSTATE of a rejected connection, only the message of the server, or its own.
_REJECTIONS = (
    (r"unsupported startup parameter", "the pooler of DATABASE_URL does not open our connections"),
    (r"its pool_mode must be session", "DATABASE_URL leads to a pooler that shares sessions"),
    (r"pg_hba\.conf", "PostgreSQL refuses connections from here by its pg_hba.conf"),
    (
        r"authentication failed|no password supplied|role .* does not exist|not permitted to log in",
        "PostgreSQL refuses the log-in: check user and password in DATABASE_URL",
    ),
    (r"database .* does not exist", "the database of DATABASE_URL does not exist"),
    (r"permission denied for database", "PostgreSQL refuses this user the database of DATABASE_URL"),
    (r"too many (clients|connections)|connection slots", "PostgreSQL has no connection left: too many are open"),
    (r"\bSSL\b|certificate|root\.crt", "PostgreSQL and DATABASE_URL do not agree on TLS"),
    (r"session is (not )?read-only|hot standby|standby mode", _TAKES_NO_CHANGES),
    (r"could not translate host name", "the host of DATABASE_URL is not known"),
    (r"No space left on device", _DISK_FULL),  # a session writes a file as it begins
    (r"\bFATAL\b", "PostgreSQL refuses the connection"),
)
_QUOTATION = re.compile(r"\nLINE \d+: .*(\n *\^)?")
_STARTING = r"is (starting up|shutting down|in recovery mode)|not (yet )?accepting (commands|connections)"


def may_pass(error: Exception) -> bool:
    """Whether no server is up at the moment, which may pass by itself, unlike a rejected connection."""
    detail = str(error)
    if not is_outage(error):
        return False
    return re.search(_STARTING, detail) is not None or not any(re.search(words, detail) for words, _ in _REJECTIONS)


def message_of(error: BaseException) -> str:
    """An error's message in one line, without the piece of the statement that PostgreSQL quotes, values and all."""
    return " ".join(_QUOTATION.sub("", str(error)).split())


def database_problem(error: Exception) -> str:
    """An error of Django's database layer as one line: the problem, and PostgreSQL's message."""
    detail = message_of(error)
    code = sqlstate(error)
    if code in _NOT_MIGRATED:
        return "the database is not migrated: manage.py migrate"
    if is_canceled(error):
        return f"PostgreSQL has canceled a statement, most likely because it is too slow at the moment: {detail}"
    if not is_outage(error):
        return detail
    if code == _READ_ONLY:
        return f"{_TAKES_NO_CHANGES}: {detail}"
    if is_disk_full(error):
        return f"{_DISK_FULL}: {detail}"
    if code is not None:
        return f"PostgreSQL does not work at the moment: {detail}"
    words = (words for pattern, words in _REJECTIONS if re.search(pattern, detail))
    return f"{next(words, 'PostgreSQL does not answer')}: {detail}"
