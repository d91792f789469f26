from tests.chaos.lost_coordinator import has_lost_a_coordinator

START = b"2026 INFO Registered `kafka:type=kafka.Log4jController` MBean (Log4jControllerRegistration)\n"
LOST = b"ERROR The state machine of the coordinator __consumer_offsets-5 is out of sync with the underlying log.\n"


def test_a_broker_has_lost_a_coordinator_only_if_it_logged_that_since_its_last_start():
    assert has_lost_a_coordinator(START + LOST)
    assert has_lost_a_coordinator(START + START + LOST)
    assert has_lost_a_coordinator(LOST)  # the log was rotated meanwhile
    assert not has_lost_a_coordinator(START + LOST + START)
    assert not has_lost_a_coordinator(START)
