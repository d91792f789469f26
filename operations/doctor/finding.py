"""Findings of the doctor, and those that several of its checks make."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from operations.audit.check import CLOCK_TOLERANCE


class Status(StrEnum):
    """The result of a check, from good to worst."""

    OK = "ok"
    WARNING = "warning"  # it works, and will not always
    UNKNOWN = "unknown"  # it could not be looked at
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the report: what was checked, its status, what was found, and what to do about it. Without secrets."""

    check: str
    status: Status
    detail: str
    advice: str = ""


def ok(check: str, detail: str) -> Finding:
    return Finding(check, Status.OK, detail)


def warning(check: str, detail: str, advice: str = "") -> Finding:
    return Finding(check, Status.WARNING, detail, advice)


def unknown(check: str, detail: str, advice: str = "") -> Finding:
    return Finding(check, Status.UNKNOWN, detail, advice)


def problem(check: str, detail: str, advice: str = "") -> Finding:
    return Finding(check, Status.PROBLEM, detail, advice)


Check = Callable[[], Iterable[Finding]]
MAX_SKEW = CLOCK_TOLERANCE.total_seconds()  # between two clocks: what the audit allows by default
NOTICEABLE_SKEW = 0.5  # seconds


def clock(check: str, seconds: float, *, exact_to: float = 0.0) -> Finding:
    """The finding about a clock that is ahead of this machine's by so many seconds, known to `exact_to` seconds."""
    direction = "ahead of" if seconds > 0 else "behind"
    detail = f"its clock is {abs(seconds):.1f} s {direction} this machine's"
    if abs(seconds) - exact_to > MAX_SKEW:
        return problem(check, detail, "have NTP set the clocks of both machines (chronyc tracking, timedatectl)")
    if abs(seconds) - exact_to > NOTICEABLE_SKEW:
        return warning(check, detail, "is NTP running on both machines?")
    return ok(check, "its clock and this machine's agree")


def disk(check: str, folder: str, total: int, free: int) -> Finding:
    """The finding about a disk with so many bytes."""
    detail = f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB are free at {folder}"
    if free < max(2**28, total * 0.03):
        return problem(check, detail, "make room now: a full disk stops everything that writes to it")
    if free < max(2**30, total * 0.1):
        return warning(check, detail, "make room")
    return ok(check, detail)
