from tests.chaos.broker import is_at_a_loss

START = b"2026 INFO Registered `kafka:type=kafka.Log4jController` MBean (Log4jControllerRegistration)\n"
LOST = b"ERROR The state machine of the coordinator __consumer_offsets-5 is out of sync with the underlying log.\n"


def test_a_broker_is_at_a_loss_only_if_it_said_so_since_its_last_start():
    assert is_at_a_loss(START + LOST)
    assert is_at_a_loss(START + START + LOST)
    assert is_at_a_loss(LOST)  # the log was rotated meanwhile
    assert not is_at_a_loss(START + LOST + START)
    assert not is_at_a_loss(START)
