"""Consuming records of Kafka topics: threads (workers), the poll loop (runtime), transactions (batches, inbox), and the
storing of dead letters."""
