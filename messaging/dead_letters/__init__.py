"""What could not be handled, for people: lists, replaying and discarding. messaging/consuming stores it."""
