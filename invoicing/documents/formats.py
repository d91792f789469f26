"""What a document can be had as."""

from enum import StrEnum

from invoicing.documents.profiles import Syntax


class Format(StrEnum):
    """The names under which documents are stored; what is not for people is in no language."""

    PDF = "pdf"
    HTML = "html"
    UBL = "ubl"
    CII = "cii"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]

    @property
    def is_for_people(self) -> bool:
        return self in (Format.PDF, Format.HTML)

    @property
    def syntax(self) -> Syntax:
        """Raises:
        ValueError: it is for people.
        """
        return Syntax(self.value)


_MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.HTML: "text/html; charset=utf-8",
    Format.UBL: "application/xml",
    Format.CII: "application/xml",
}
