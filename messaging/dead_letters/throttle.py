"""How many events a throttled replay may handle by now: a token bucket that holds those of a second."""


def allowance_after(allowance: float, *, per_second: float, seconds: float) -> float:
    """Events that may be handled at once, so many seconds after `allowance` could be.

    What is not used does not add up beyond a second: after a pause there is no burst.
    """
    return min(max(per_second, 1.0), allowance + per_second * max(0.0, seconds))
