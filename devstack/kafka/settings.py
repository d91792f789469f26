"""server.properties of one Kafka node that is broker and controller at once (KRaft)."""

import struct
from collections.abc import Mapping
from pathlib import Path

from devstack.ports import LOOPBACK

_PLAIN = set(range(0x20, 0x7F)) - {ord("\\")}


def server_properties(
    *, node_id: int, port: int, controller_port: int, voters: Mapping[int, int], data: Path, session_seconds: int
) -> dict[str, str]:
    """The node's settings.

    `voters`: the controller port of every node of the cluster, by node id. `session_seconds`: after so long without a
    sign of life a broker leads no partition any more; one that was killed opens its port only then.
    """
    copies = str(min(3, len(voters)))
    return {
        "process.roles": "broker,controller",
        "node.id": str(node_id),
        "controller.quorum.voters": ",".join(f"{node}@{LOOPBACK}:{at}" for node, at in sorted(voters.items())),
        "listeners": f"BROKER://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"BROKER://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "broker.session.timeout.ms": str(1000 * session_seconds),
        "broker.heartbeat.interval.ms": "500",
        **_internal_topics(copies),
    }


def _internal_topics(copies: str) -> dict[str, str]:
    return {
        "default.replication.factor": copies,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": "10",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "10",
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "10",
    }


def write_properties(path: Path, properties: Mapping[str, str]) -> None:
    """Write a properties file, in the only encoding that Java reads one in: Latin-1 with escapes."""
    lines = [f"{name}={escaped(value)}\n" for name, value in properties.items()]
    path.write_text("".join(lines), encoding="ascii")


def escaped(value: str) -> str:
    """A value as java.util.Properties reads it."""
    units = [unit for (unit,) in struct.iter_unpack(">H", value.encode("utf-16-be"))]
    text = "".join(chr(unit) if unit in _PLAIN else f"\\u{unit:04x}" for unit in units)
    return f"\\{text}" if text.startswith(" ") else text
