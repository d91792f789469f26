"""What invoicing refuses, and why. invoicing/api/problems.py maps each to an HTTP problem."""


class InvoicingError(Exception):
    """Base of what invoicing refuses."""


class UnknownInvoice(InvoicingError):
    """There is no invoice of this number, or it is somebody else's."""

    def __init__(self, number: str) -> None:
        super().__init__(f"there is no invoice {number}")
        self.number = number
