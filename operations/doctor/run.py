"""All checks of the doctor, run at the same time and within a time limit."""

import threading
import time
from collections.abc import Mapping

from operations.doctor.database import look_at_database
from operations.doctor.finding import Check, Finding, problem, unknown
from operations.doctor.kafka import look_at_kafka
from operations.doctor.machine import look_at_machine, look_at_settings

TIME_LIMIT = 12.0  # seconds, for all together
CHECKS: Mapping[str, Check] = {
    "settings": look_at_settings,
    "machine": look_at_machine,
    "postgresql": look_at_database,
    "kafka": look_at_kafka,
}


def examine(checks: Mapping[str, Check] = CHECKS, *, time_limit: float = TIME_LIMIT) -> list[Finding]:
    """All findings, in the order of `checks`. Of what does not answer in time, those that there are by then."""
    examinations = [_Examination(name, check) for name, check in checks.items()]
    until = time.monotonic() + time_limit
    for examination in examinations:
        examination.thread.start()
    return [finding for examination in examinations for finding in examination.findings(until)]


class _Examination:
    """A check that runs in a thread of its own, which is abandoned if it hangs."""

    def __init__(self, name: str, check: Check) -> None:
        self._name = name
        self._check = check
        self._found: list[Finding] = []
        self.thread = threading.Thread(target=self._run, name=f"doctor-{name}", daemon=True)

    def findings(self, until: float) -> list[Finding]:
        self.thread.join(max(0.0, until - time.monotonic()))
        found = list(self._found)
        if self.thread.is_alive():
            found.append(
                unknown(self._name, "it did not answer in time: the rest was not looked at", "is it overloaded?")
            )
        return found

    def _run(self) -> None:
        try:
            for finding in self._check():
                self._found.append(finding)
        except Exception as error:  # noqa: BLE001 - the other checks still run
            text = " ".join(str(error).split())
            self._found.append(problem(self._name, f"{type(error).__name__}: {text}", "report this as a bug"))
