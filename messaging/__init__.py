"""Events on the move: from a transaction's outbox through Kafka to the handlers of each app, in the order
events.py, outbox.py, publisher.py, transport/, runtime.py, batches.py, inbox.py, retry.py, dead_letters.py."""
