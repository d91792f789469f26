"""From a record of a topic to its effect: workers, runtime, batches, inbox; and what can't be handled."""
