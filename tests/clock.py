"""A clock for tests, which stands still until a test moves it."""


class Clock:
    """A clock whose time is `now`, in seconds."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
