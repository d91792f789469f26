"""Typesetting by typst: a sheet becomes a PDF or a page of HTML. Imported late: only who renders needs it."""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import msgspec
import structlog
import typst
from django.conf import settings

from invoicing.documents.fonts import fonts, shown
from invoicing.documents.sheet import Sheet
from invoicing.exceptions import BusyRendering

log = structlog.get_logger(__name__)

_FOLDER = Path(__file__).parent
_TEMPLATE = (_FOLDER / "template.typ").read_bytes()
STYLE = (_FOLDER / "web.css").read_text(encoding="utf-8")
# Tags let screen readers read a document. With them a PDF has about forty objects a line, which are slow to embed XML
# into: seconds for 2,000 lines.
MAX_TAGGED_LINES = 200
_MAX_WAIT = 10.0  # seconds for others
_NO_GLYPH = "could not be displayed"

# A compiler serves one thread at a time ("Already borrowed"), and needs up to 100 MB for 2,000 lines; it releases the
# GIL, so requests of other threads go on meanwhile.
_compiling = threading.Lock()


class Panic(Exception):
    """A defect in typst that a text has met. As typst raises it, nothing catches it that catches errors."""


def pdf(sheet: Sheet, at: datetime) -> bytes:
    """PDF/A-3b, made as of a given time: the same sheet gives the same bytes.

    There must be a glyph for each character. Where there is none, a code point such as [U+12000] is shown instead.
    """
    encoded = _encoded(sheet)
    try:
        return _pdf(encoded, at, sheet)
    except typst.TypstError as error:
        if _NO_GLYPH not in error.message:
            raise
    except Panic:
        pass
    log.warning("document_has_unknown_characters", title=sheet.title)
    try:
        return _pdf(shown(encoded), at, sheet)
    except (typst.TypstError, Panic):  # a mark on a letter, and no font has both
        return _pdf(shown(encoded, marks=False), at, sheet)


def html(sheet: Sheet) -> str:
    """A page on its own: no address is loaded from it."""
    return _compiled(
        lambda it: it.compile(
            _TEMPLATE, format="html", sys_inputs=_inputs(_encoded(sheet)) | {"web": "yes", "style": STYLE}
        )
    ).decode()


def _pdf(encoded: str, at: datetime, sheet: Sheet) -> bytes:
    tagged = len(sheet.rows) <= MAX_TAGGED_LINES
    return _compiled(
        lambda it: it.compile(
            _TEMPLATE,
            format="pdf",
            sys_inputs=_inputs(encoded),
            pdf_standards=["a-3b"],
            timestamp=int(at.timestamp()),
            pdf_tags=tagged,
        )
    )


def _compiled(work: Callable[[typst.Compiler], object]) -> bytes:
    if not _compiling.acquire(timeout=_MAX_WAIT):
        raise BusyRendering
    try:
        result = work(_compiler())
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of pyo3, which has no module to import it from
            raise
        raise Panic(str(error)) from None
    finally:
        _compiling.release()
    if not isinstance(result, bytes):
        raise TypeError(f"typst made {type(result).__name__} instead of bytes")
    return result


def _encoded(sheet: Sheet) -> str:
    return msgspec.json.encode(sheet).decode()


def _inputs(encoded: str) -> dict[str, str]:
    logo = settings.INVOICE_LOGO
    return {"sheet": encoded} | ({"logo": Path(logo).name} if logo else {})


@cache
def _compiler() -> typst.Compiler:
    """The template reads one file at most, the logo, so the folder of that is all that it may read."""
    root = Path(settings.INVOICE_LOGO).absolute().parent if settings.INVOICE_LOGO else _FOLDER
    return typst.Compiler(root=root, font_paths=fonts())
