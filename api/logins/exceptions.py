"""Why a try to log in is rejected before the password is looked at."""

from api.exceptions import ApiError


class LoginRejected(ApiError):
    """Base of these. `wait` is the number of seconds after which another try may be let through."""

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class TooManyFailures(LoginRejected):
    """Too many log-ins have failed."""

    def __init__(self, *, wait: int) -> None:
        super().__init__(f"Too many log-ins have failed. Try again in {wait} seconds.", wait=wait)


class HashingBusy(LoginRejected):
    """Others are logging in at this moment."""

    def __init__(self) -> None:
        super().__init__("Others are logging in at this moment. Try again in a second.", wait=1)
