"""A new cluster has no coordinator of groups until it was asked for one."""

import pytest
from kafka.errors import CoordinatorNotAvailableError

from messaging.transport.kafka import group_state


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch):
    monkeypatch.setattr(group_state, "_PAUSE", 0)


def test_a_coordinator_is_waited_for():
    """Doctor told of a new cluster in the library's words (seen where nothing else had used the cluster)."""
    answers = iter([CoordinatorNotAvailableError(), CoordinatorNotAvailableError(), "described"])

    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert group_state._when_there_is_a_coordinator(ask) == "described"


def test_not_for_ever(monkeypatch):
    monkeypatch.setattr(group_state, "COORDINATOR_TIMEOUT", 0.0)

    def ask():
        raise CoordinatorNotAvailableError

    with pytest.raises(CoordinatorNotAvailableError):
        group_state._when_there_is_a_coordinator(ask)
