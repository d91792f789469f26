"""Settings and this machine: what can be known without a server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from messaging.transport.kafka.topics import has_fast_checksums
from operations.doctor.finding import Finding, disk, ok, warning

_SHORT_KEY = 32  # characters
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def look_at_settings() -> Iterator[Finding]:
    """Warnings about settings that are valid, but unfit for production. Invalid ones end every process at its start."""
    found = list(_doubts())
    yield from found or [ok("settings", "all are there, and none is wrong")]


def look_at_machine() -> Iterator[Finding]:
    if not has_fast_checksums():
        yield warning("packages", "crc32c is not installed: Kafka costs a third more CPU", "install requirements.txt")
    usage = shutil.disk_usage(Path.cwd())
    yield disk("disk", str(Path.cwd()), usage.total, usage.free)


def _doubts() -> Iterator[Finding]:
    is_public = not _LOCAL.issuperset(settings.ALLOWED_HOSTS)
    if settings.CRASH_AT:
        yield warning("settings", "CRASH_AT is set: a process ends itself there", "unset it: it is for tests")
    if settings.DEBUG and is_public:
        yield warning("settings", "DEBUG is on, and ALLOWED_HOSTS names others than this machine", "unset DEBUG")
    if is_public and not settings.HTTPS:
        yield warning(
            "settings", "HTTPS is off, and ALLOWED_HOSTS names others than this machine", "set HTTPS behind TLS"
        )
    if len(settings.SECRET_KEY) < _SHORT_KEY:
        yield warning("settings", "SECRET_KEY is short", "make one with: openssl rand -hex 32")
    if is_public and settings.KAFKA_TOPIC_REPLICATION == 1:
        yield warning(
            "settings",
            "KAFKA_TOPIC_REPLICATION is 1: events that are under way are lost with their broker",
            "run three brokers, and set it to 3",
        )
