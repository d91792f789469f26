"""Events between the apps: outbox/ records and publishes them, transport/ is Kafka (or memory, in tests), consuming/
hands them to the handlers of each app, and dead_letters/ is for people who deal with events that failed."""
