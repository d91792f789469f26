"""A header whose name is not UTF-8, as brokers take it from any producer, stops nobody (ag2ai/faststream#2458)."""

from contextlib import closing

import pytest
from kafka import KafkaProducer

from messaging.transport.base import Message
from messaging.transport.kafka import connect_producer, subscribe
from messaging.transport.kafka.connection import connection_settings, topic_name
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka


class Name(str):
    """A name that the library sends as these bytes."""

    def __new__(cls, raw: bytes) -> "Name":
        return super().__new__(cls, "name")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def encode(self, *_: object) -> bytes:
        return self._raw


def send(*names: bytes, **options: object) -> None:
    """One batch with a record for each name."""
    with closing(KafkaProducer(**connection_settings(), linger_ms=200, **options)) as producer:
        for name in names:
            headers = [(Name(name), b"value"), ("ce_type", b"test.v1")]
            producer.send(topic_name("orders"), key=b"odd", value=b"{}", headers=headers)
        producer.flush(10)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_records_with_such_a_header_and_those_behind_them_arrive(kafka, compression):
    send(b"plain", b"\xff\xfename", b"caf\xe9", "naïve".encode(), compression_type=compression)
    with closing(connect_producer()) as producer:
        assert producer.send([Message("orders", b"odd", b"behind", [("ce_type", b"test.v1")])]) == [None]

    with closing(subscribe("readers", ["orders"])) as subscription:
        records = []
        wait_until(lambda: records.extend(subscription.poll(timeout=0.5, max_records=100)) or len(records) >= 5)

    names = [[name for name, _ in record.headers] for record in records]
    assert names == [
        ["plain", "ce_type"],
        ["\\xff\\xfename", "ce_type"],
        ["caf\\xe9", "ce_type"],
        ["naïve", "ce_type"],
        ["ce_type"],
    ]
    assert records[1].headers[0] == ("\\xff\\xfename", b"value")
