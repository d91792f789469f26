"""Why a request does not get as far as Django."""


class ServingError(Exception):
    """Base of what is refused before Django."""


class Overloaded(ServingError):
    """More requests come than can be served. Ask again a little later, with the same Idempotency-Key."""


class BodyTooSlow(ServingError):
    """The body did not come in time."""


class BodyBrokenOff(ServingError):
    """The client went away before the whole body had come."""


class TooFewOpenFiles(Exception):
    """The limit on this process's open files is too low."""
