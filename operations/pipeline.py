"""The consumers of the system, by name: what `consume_orders` runs."""

from collections.abc import Mapping

from inventory.consumers import CONSUMER as INVENTORY
from invoicing.consumers import CONSUMER as INVOICING
from messaging.batches import Consumer
from orders.consumers import CONSUMER as ORDERS

CONSUMERS: Mapping[str, Consumer] = {consumer.name: consumer for consumer in (ORDERS, INVENTORY, INVOICING)}
TOPICS = ("orders", "inventory", "invoicing")
