"""Why a try to log in is rejected before the password is looked at."""

from common.errors import LimitReached, OrderflowError, Overloaded


class LoginRejected(OrderflowError):
    """Base of these. `retry_after` is the number of seconds after which another try may be let through."""

    retry_after: int


class TooManyFailures(LoginRejected, LimitReached):
    """Too many log-ins have failed."""

    def __init__(self, *, wait: int) -> None:
        super().__init__(f"Too many log-ins have failed. Try again in {wait} seconds.")
        self.retry_after = wait


class Busy(LoginRejected, Overloaded):
    """Others are logging in at this moment. Try again in a second."""

    retry_after = 1
