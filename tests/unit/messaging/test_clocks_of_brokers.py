"""What records and answers of brokers say about their clocks, and what they do not."""

from types import SimpleNamespace

import pytest

from messaging.transport.kafka import cluster_state
from messaging.transport.kafka.oldest_records import Stamps
from operations.doctor.finding import Status, clock

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("appended", "made", "wrong_by", "published"),
    [
        (-5, -6, 0, -5),
        (-5, None, 0, -5),
        (-5, -4, 0, -5),  # as clocks that are well differ
        (1, -6, 0, 1),
        (-5, -3600, 0, -5),  # Kafka was away for an hour
        (3590, -10, 3590, -10),
        (3590, None, 3590, 0),
        (-3610, -10, -3600, -10),
        (-3610, None, 0, -3610),  # nobody can tell
        (-5, 3600, 0, -5),  # the clock of whoever made the event is wrong
        (3590, 3595, 3590, 0),
    ],
)
def test_a_record_is_published_neither_before_its_event_is_made_nor_after_now(appended, made, wrong_by, published):
    stamps = Stamps(NOW + appended, None if made is None else NOW + made)

    assert (stamps.wrong_by(NOW), stamps.published(NOW)) == (wrong_by, NOW + published)


def test_a_controller_that_is_slow_to_answer_has_no_wrong_clock_for_that(monkeypatch):
    """It told its time just before its answer came, 3 s after it was asked."""
    voters = [(7, 0, 0, 102_900, {})]
    answer = SimpleNamespace(error_code=0, topics=[("", [(0, 0, 7, 0, 0, voters, [], {})])])
    admin = SimpleNamespace(send_request=lambda _request: answer)
    times = iter((100.0, 103.0))
    monkeypatch.setattr(cluster_state, "ask_cluster", lambda ask: ask(admin))
    monkeypatch.setattr(cluster_state, "time", SimpleNamespace(time=lambda: next(times)))

    seconds, exact_to = cluster_state.clock_skew()

    assert seconds == pytest.approx(1.4)
    assert clock("clock of kafka", seconds, exact_to=exact_to).status is Status.OK
