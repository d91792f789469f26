"""What was credited before it was sent: invoicing knows what was credited, orders what was sent."""

from functools import partial

from invoicing.unsent import credited_unsent as _credited_unsent
from orders.selectors import shipped_units

credited_unsent = partial(_credited_unsent, shipments_of=shipped_units)
