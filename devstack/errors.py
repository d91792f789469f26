"""What can go wrong, in words for a person."""


class DevstackError(Exception):
    """Something a person has to know; the message is one line and says what to do. Exit status 1."""
