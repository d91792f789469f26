"""Functions that fail, to be put in the place of others."""

from collections.abc import Callable
from typing import NoReturn


def fails_with(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_args: object, **_kwargs: object) -> NoReturn:
        raise error

    return fail
