"""The base of devstack's errors."""


class DevstackError(Exception):
    """An expected error; its message is one line and says what to do. Exit status 1."""
