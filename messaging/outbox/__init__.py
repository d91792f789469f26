"""The transactional outbox: recording events, and publishing the pending rows to Kafka."""
