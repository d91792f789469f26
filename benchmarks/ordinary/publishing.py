"""Telling Kafka about an order, in the request."""

import json
import logging
from functools import cache

from django.conf import settings
from kafka import KafkaProducer
from kafka.errors import KafkaError

log = logging.getLogger(__name__)


@cache
def producer():
    return KafkaProducer(
        bootstrap_servers=settings.KAFKA_BOOTSTRAP_SERVERS,
        value_serializer=lambda value: json.dumps(value, default=str).encode(),
    )


def publish_order(order_id, data):
    try:
        producer().send(settings.ORDERS_TOPIC, key=str(order_id).encode(), value=data).get(timeout=10)
    except KafkaError:
        log.exception("order %s could not be published", order_id)
