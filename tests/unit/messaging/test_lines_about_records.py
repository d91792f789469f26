"""Log lines about records: whoever may write to a topic chooses what its headers say."""

import pytest
from structlog.testing import capture_logs

from messaging.consuming.reporting import report_dead, report_deferred
from messaging.exceptions import UndecodableEvent
from messaging.transport.base import Record

CUT_BY_COLLECTORS = 16 * 1024


def record(event_type: str) -> Record:
    return Record("orders", 0, 0, b"k", b"{}", [("ce_type", event_type.encode())])


@pytest.mark.parametrize(
    "report",
    [
        lambda records: report_dead("toy", records[0], UndecodableEvent("no")),
        lambda records: report_deferred("toy", records),
    ],
    ids=["dead", "deferred"],
)
def test_a_line_stays_short_whatever_the_types_of_records_are(report):
    """kestra-io/kestra#74, kdgregory/log4j-aws-appenders#122: longer lines are cut, lost, or end who reads them."""
    with capture_logs() as lines:
        report([record(f"{number}.{'A' * 100_000}") for number in range(500)])

    (line,) = lines
    assert len(str(line)) < CUT_BY_COLLECTORS


def test_types_of_ours_are_named_whole():
    with capture_logs() as lines:
        report_deferred("toy", [record("order.placed.v9"), record("order.placed.v9")])

    assert lines[0]["types"] == ["order.placed.v9"]
