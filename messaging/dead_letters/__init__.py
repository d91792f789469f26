"""Dead letters for people: lists, replay and discard. messaging/consuming/ stores them."""
