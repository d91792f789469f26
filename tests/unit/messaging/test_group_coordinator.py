"""What a cluster answers about a group while the group has no coordinator: it has to be asked again."""

import pytest
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    NotCoordinatorError,
)

from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka import group_state
from messaging.transport.kafka.cluster_admin import _AdminClient

PASSING = CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError


class Group:
    """The group as an answer describes it."""

    error_code, state, members = 0, "Stable", ()


class Admin:
    """An admin client whose first answers about groups are errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def _answer(self, answer):
        if self.errors:
            raise self.errors.pop(0)
        return answer

    def describe_consumer_groups(self, groups):
        return self._answer([Group])

    def list_consumer_group_offsets(self, group):
        return self._answer({})


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch):
    monkeypatch.setattr(group_state, "_PAUSE", 0)


@pytest.mark.parametrize("passing", PASSING)
def test_a_coordinator_is_waited_for(passing):
    """Doctor told of a new cluster in the library's words (seen where nothing else had used the cluster)."""
    assert group_state._described(Admin(passing(), passing()), "inventory") == (Group, {})


@pytest.mark.parametrize("passing", PASSING)
def test_not_for_ever(monkeypatch, passing):
    monkeypatch.setattr(group_state, "COORDINATOR_TIMEOUT", 0.0)
    with pytest.raises(passing):
        group_state._described(Admin(passing(), passing()), "inventory")


def test_a_missing_acl_is_named():
    with pytest.raises(TransportUnavailable, match="the ACL Describe on group inventory is missing"):
        group_state._described(Admin(GroupAuthorizationFailedError()), "inventory")


@pytest.mark.parametrize("error", [*PASSING, GroupAuthorizationFailedError])
def test_the_library_tells_of_a_groups_error(error):
    """The admin's first page was a 500 in CI while a slow broker became the coordinator again.

    The library had asked for the allowed operations, of which a response with an error has none ("31 is not a valid
    ACLOperation").
    """
    client = _AdminClient.__new__(_AdminClient)
    response = client._describe_consumer_groups_request("inventory").RESPONSE_TYPE
    sent = response.SCHEMA.encode((0, [(error.errno, "inventory", "", "", "", [])]))
    with pytest.raises(error):
        client._describe_consumer_groups_process_response(response.decode(sent))
