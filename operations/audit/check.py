"""What a check is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """A promise, and how to find what breaks it.

    Attributes:
        name: as the report calls it.
        promise: in a sentence.
        sql: one query of the rows `id` and `detail`, both text, of what breaks the promise. It may use the parameters
            %(before)s, the moment before which nothing may have begun to wait, and %(before_id)s, the smallest id of
            that moment; and the table `on_its_way (key)`: whose events wait for delivery or for a person, or were
            discarded by one.
    """

    name: str
    promise: str
    sql: str
