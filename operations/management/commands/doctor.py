import json as jsonlib
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from operations.cli.base_command import ReportingCommand
from operations.doctor.finding import Finding, Status
from operations.doctor.run import examine

_HEALTHY = (Status.OK, Status.WARNING)


class Command(ReportingCommand):
    help = (
        "Look at settings, PostgreSQL, Kafka, clocks, disks and consumers, and say in a line each what is wrong and "
        "what to do about it. Changes nothing; takes at most about 15 seconds, also when everything is down. The exit "
        "status is 1 if there is a problem, or something could not be looked at."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as one JSON object")

    def handle(self, *, json: bool, **options: Any) -> None:
        findings = examine()
        self.stdout.write(_as_json(findings) if json else "\n".join(map(_line, findings)))
        if sick := list(dict.fromkeys(each.check for each in findings if each.status not in _HEALTHY)):
            raise CommandError(f"not well: {', '.join(sick)}")


def _line(finding: Finding) -> str:
    advice = f" → {finding.advice}" if finding.advice else ""
    detail = " ".join(finding.detail.split())
    return f"{finding.status:<8} {finding.check:<20} {detail}{advice}"


def _as_json(findings: list[Finding]) -> str:
    status = Status.OK if all(each.status in _HEALTHY for each in findings) else Status.PROBLEM
    return jsonlib.dumps({"status": status, "findings": [asdict(each) for each in findings]})
