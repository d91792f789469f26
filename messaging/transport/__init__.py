"""How messages reach a broker and come back: one interface (base.py), Kafka and an in-memory twin behind it."""
