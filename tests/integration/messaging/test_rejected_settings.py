"""Settings whose limits only the broker knows: a real one says no, and the consumer ends instead of asking for ever."""

import threading

import pytest

from messaging.consuming.runtime import ConsumerRunner
from messaging.exceptions import SettingRejected
from messaging.transport.kafka import subscribe
from tests.toy_events import Recorder, consumer

pytestmark = [pytest.mark.kafka, pytest.mark.django_db(transaction=True)]


def test_a_consumer_whose_session_timeout_the_broker_does_not_take_names_the_setting(kafka, settings):
    settings.KAFKA_SESSION_TIMEOUT_MS = 400  # the least that the devstack's broker takes is 1000
    runner = ConsumerRunner(consumer(Recorder()), subscribe, threading.Event())

    with pytest.raises(SettingRejected, match=r"KAFKA_SESSION_TIMEOUT_MS = 400: .*group\.min\.session\.timeout\.ms"):
        runner.run()
