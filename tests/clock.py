"""A clock for what takes one: it stands still until a test moves it."""


class Clock:
    """Seconds, in `now`."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
