"""From a recorded event to a topic: recording, pending rows, delivery, publishers."""
