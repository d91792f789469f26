"""Grouping a batch by type without disturbing the order of a key."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from messaging.consuming.batches import in_key_order
from messaging.models import OutboxMessage
from messaging.outbox.delivery import rounds
from tests.toy_events import Happened, Undone, happened

APART = {Happened: lambda events: None, Undone: lambda events: None}
TOGETHER = dict.fromkeys((Happened, Undone), lambda events: None)

events_strategy = st.lists(
    st.builds(
        lambda kind, key, number: kind(order_id=UUID(int=key), number=number),
        st.sampled_from([Happened, Undone]),
        st.integers(0, 4),
        st.integers(),
    ),
    max_size=40,
)


@given(events_strategy)
def test_nothing_is_lost_and_each_keys_order_is_kept(events):
    flattened = [event for _, group in in_key_order(events, APART) for event in group]

    assert len(flattened) == len(events)
    for key in {event.key for event in events}:
        assert [e for e in flattened if e.key == key] == [e for e in events if e.key == key]


@given(events_strategy)
def test_groups_are_of_one_handler(events):
    assert all(APART[type(event)] is handler for handler, group in in_key_order(events, APART) for event in group)


@given(events_strategy)
def test_types_of_one_handler_are_handed_over_together_as_they_came(events):
    assert [group for _, group in in_key_order(events, TOGETHER)] == ([events] if events else [])


def test_events_of_one_type_are_one_group():
    assert len(in_key_order([happened(n) for n in range(100)], APART)) == 1


@given(st.lists(st.sampled_from("abcde"), max_size=40))
def test_no_round_holds_a_key_twice_and_each_keys_rows_come_in_order(keys):
    rows = [OutboxMessage(id=number, key=key) for number, key in enumerate(keys)]

    result = rounds(rows)

    assert sorted(row.id for each in result for row in each) == list(range(len(keys)))
    for each in result:
        assert len({row.key for row in each}) == len(each)
    for key in set(keys):
        ids = [row.id for each in result for row in each if row.key == key]
        assert ids == sorted(ids)
