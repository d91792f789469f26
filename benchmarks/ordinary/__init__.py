"""The same orders as a team in a hurry would take them with Django and DRF: the documented way, with default settings.

Nested model serializers, an INSERT a line, a token look-up in the database each request, and the event published in the
request after the commit, with a log line if that fails. Served like the product.
"""
