"""What invoicing rejects, and why."""

from common.errors import NotFound


class UnknownInvoice(NotFound):
    """There is no invoice of this number, or it is somebody else's."""

    def __init__(self, number: str) -> None:
        super().__init__(f"there is no invoice {number}")
        self.number = number
