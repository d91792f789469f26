"""Why an attempt to log in is rejected before the password is checked."""

from common.errors import LimitReached, OrderflowError, Overloaded
from common.text import number_of


class LoginRejected(OrderflowError):
    """The base of these errors. `retry_after`: seconds until another attempt may be allowed."""

    retry_after: int


class TooManyFailures(LoginRejected, LimitReached):
    """Too many log-ins have failed."""

    def __init__(self, *, wait: int) -> None:
        super().__init__(f"Too many log-ins have failed. Try again in {number_of(wait, 'second', 'seconds')}.")
        self.retry_after = wait


class Busy(LoginRejected, Overloaded):
    """Others are logging in at this moment. Try again in a second."""

    retry_after = 1
