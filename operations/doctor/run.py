"""Having everything looked at, at the same time and for a bounded time."""

import threading
import time
from collections.abc import Mapping

from operations.doctor.database import look_at_database
from operations.doctor.finding import Finding, Look, problem, unknown
from operations.doctor.kafka import look_at_kafka
from operations.doctor.machine import look_at_machine, look_at_settings

TIME_LIMIT = 12.0  # seconds, for all together
LOOKS: Mapping[str, Look] = {
    "settings": look_at_settings,
    "machine": look_at_machine,
    "postgresql": look_at_database,
    "kafka": look_at_kafka,
}


def examine(looks: Mapping[str, Look] = LOOKS, *, time_limit: float = TIME_LIMIT) -> list[Finding]:
    """All findings, in the order of `looks`. Of what does not answer in time, those that there are by then."""
    patients = [_Patient(name, look) for name, look in looks.items()]
    until = time.monotonic() + time_limit
    for patient in patients:
        patient.thread.start()
    return [finding for patient in patients for finding in patient.findings(until)]


class _Patient:
    """Something that is looked at in a thread of its own, which is left to itself if it hangs."""

    def __init__(self, name: str, look: Look) -> None:
        self._name = name
        self._look = look
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
            for finding in self._look():
                self._found.append(finding)
        except Exception as error:  # noqa: BLE001 - a doctor that dies of one illness sees no other
            said = " ".join(str(error).split())
            self._found.append(problem(self._name, f"{type(error).__name__}: {said}", "report this as a bug"))
