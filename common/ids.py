"""UUIDs as text, in a fifth of the time of `str`, which is written in Python."""

from collections.abc import Iterable
from uuid import UUID

import msgspec


def text_of_id(id_: UUID) -> str:
    text: str = msgspec.to_builtins(id_)
    return text


def texts_of_ids(ids: Iterable[UUID]) -> list[str]:
    """Several ids as text, which a parameter of type `uuid[]` takes, too."""
    return [text_of_id(each) for each in ids]
