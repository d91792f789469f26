"""The set-up of docs/kafka-security.md, applied to a broker."""

import argparse
import re
import shlex
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "kafka-security.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    """The text of the first fenced block of a kind, such as "properties" or "sh relay"."""
    found = re.search(rf"^```{kind}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/kafka-security.md has no block {kind}"
    return found[1].replace("\\\n", " ")


def users() -> list[str]:
    """The users of the documentation."""
    names = re.search(r"^for user in ([a-z ]+); do$", block("sh"), re.MULTILINE)
    assert names
    return [f"orderflow-{name}" for name in names[1].split()]


def acls(kind: str) -> Iterator[ACL]:
    """The ACLs that the kafka-acls.sh commands of a block add."""
    for line in block(kind).splitlines():
        if line.startswith("kafka-acls.sh "):
            yield from _allowed(_parse(line))


def _parse(line: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--resource-pattern-type", default="literal")
    for option in ("--operation", "--allow-principal", "--topic", "--group"):
        parser.add_argument(option, action="append", default=[])
    return parser.parse_args(shlex.split(line.removeprefix("kafka-acls.sh $KAFKA $ADMIN ")))


def _allowed(command: argparse.Namespace) -> Iterator[ACL]:
    pattern = ACLResourcePatternType[command.resource_pattern_type.upper()]
    resources = [(ResourceType.TOPIC, name) for name in command.topic]
    resources += [(ResourceType.GROUP, name) for name in command.group]
    for principal in command.allow_principal:
        for operation in command.operation:
            for kind, name in resources:
                yield ACL(
                    principal=principal,
                    host="*",
                    operation=ACLOperation[re.sub("(?<!^)(?=[A-Z])", "_", operation).upper()],
                    permission_type=ACLPermissionType.ALLOW,
                    resource_pattern=ResourcePattern(kind, name, pattern),
                )


def allow(client: dict[str, Any], allowed: Iterable[ACL]) -> None:
    """Set ACLs as the super user that `client` logs in as."""
    with closing(KafkaAdminClient(**client)) as admin:
        failed = admin.create_acls(list(allowed))["failed"]
    assert not failed, failed


def forbid_all(client: dict[str, Any]) -> None:
    """Remove every ACL."""
    everything = ACLFilter(
        principal=None,
        host=None,
        operation=ACLOperation.ANY,
        permission_type=ACLPermissionType.ANY,
        resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
    )
    with closing(KafkaAdminClient(**client)) as admin:
        admin.delete_acls([everything])
