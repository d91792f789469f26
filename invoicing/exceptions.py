"""What invoicing rejects, and why."""

from collections.abc import Sequence

from common.errors import Conflict, FieldError, NotFound, Overloaded


class UnknownInvoice(NotFound):
    """There is no invoice of this number, or it is somebody else's."""

    def __init__(self, number: str, *, sees_all: bool = True) -> None:
        hidden = "" if sees_all else " of yours: others take the permission invoicing.view_invoice"
        super().__init__(f"there is no invoice {number}{hidden}")
        self.number = number


class NoElectronicInvoice(Conflict):
    """What an electronic invoice by EN 16931 needs is not on this document: see errors. Its PDF has none in it."""

    title = "No electronic invoice"

    def __init__(self, number: str, errors: Sequence[FieldError]) -> None:
        self.errors = list(errors)
        reasons = "; ".join(f"{error.pointer} {error.detail}" for error in errors)
        super().__init__(f"there is no electronic invoice of {number}: {reasons}")


class BusyRendering(Overloaded):
    """Too many documents are being made at the moment: try again."""


class DocumentTooLarge(Conflict):
    """This document would be larger than what is stored of one."""


class NotAnInvoice(Conflict):
    """This document is a credit note, and only invoices can be credited."""


class NothingLeftToCredit(Conflict):
    """Everything that was billed is credited already."""


class MoreThanBilled(Conflict):
    """More would be credited than was billed, over all credit notes together. `errors` names each line."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = errors
        super().__init__("; ".join(map(str, errors)))


class NotSent(Conflict):
    """Goods would come back to stock that were not sent, or came back before. `errors` names each line."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = errors
        super().__init__("; ".join(map(str, errors)))
