"""Messages gone wrong, in every way that a broker, a bug or another team's producer may have them go wrong.

All that is drawn comes from one `random.Random`, so that a seed names a run.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

Header = tuple[str, bytes | None]

# What a field may hold instead of what it should. `Raw` is written as it stands: JSON that json.dumps won't write.
ODD_VALUES: Sequence[Any] = (
    *(None, True, False, [], {}, [[]], 0, -1, 1, 0.5, 2**31, 2**63 - 1, 2**63, 2**64, 10**19, -(10**19), 10**400),
    *(
        "",
        " ",
        "x" * 300,
        "y" * 100_000,
        "NaN",
        "Infinity",
        "-1E+999999999",
        "1e-400",
        "٣",
        "1_0",
        "🍵",
        "\u202e",
        "' OR 1",
    ),
    *("a\x00b", "\ud800", "00000000-0000-0000-0000-000000000000", "9999-12-31T23:59:59Z", "%s", "\\u0000"),
)
TYPES = (
    *("order.placed.v1", "order.confirmed.v1", "order.rejected.v1", "stock.reserved.v1", "stock.rejected.v1"),
    *("stock.low.v1", "invoice.issued.v1", "order.placed.v2", "order.placed", "order.cancelled.v1", "ORDER.PLACED.V1"),
    *("invoice.issued.v1 ", "", "v1", "🍵", "order.placed.v1\x00", "t" * 10_000),
)
GARBAGE = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"null",
    b"{",
    b"[]",
    b"1" * 5000,
    b'"',
    b"\xef\xbb\xbf{}",
    b"NaN",
)


@dataclass(frozen=True)
class Mutable:
    """A message that may be anything: without a key, without a value, with headers that are none."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


@dataclass(frozen=True)
class Mutator:
    """Makes mutants of messages; `others` are messages whose parts may get into them."""

    chance: random.Random
    others: Sequence[Mutable]

    def mutant(self, message: Mutable, *, times: int) -> Mutable:
        for _ in range(times):
            message = self.chance.choice(_MUTATIONS)(self, message)
        return message

    # --- bodies ------------------------------------------------------------------------------------------------------

    def flip_bytes(self, message: Mutable) -> Mutable:
        return replace(message, value=self._flipped(message.value))

    def truncate(self, message: Mutable) -> Mutable:
        value = message.value or b""
        return replace(message, value=value[: self.chance.randrange(len(value) + 1)])

    def extend(self, message: Mutable) -> Mutable:
        garbage, value = self.chance.choice(GARBAGE), message.value or b""
        return replace(message, value=self.chance.choice([garbage + value, value + garbage, value + value]))

    def empty(self, message: Mutable) -> Mutable:
        return replace(message, value=self.chance.choice([None, *GARBAGE]))

    def nest(self, message: Mutable) -> Mutable:
        depth = self.chance.choice([100, 1000, 100_000])
        opening, closing = self.chance.choice([(b"[", b"]"), (b'{"lines":', b"}"), (b'{"lines":[', b"]}")])
        inner = self.chance.choice([b"", b"1", message.value or b""])
        return replace(message, value=opening * depth + inner + closing * self.chance.choice([0, depth]))

    def swap_body(self, message: Mutable) -> Mutable:
        return replace(message, value=self.chance.choice(self.others).value)

    def change_field(self, message: Mutable) -> Mutable:
        """Another value, anywhere in the body; or none, or one more."""
        try:
            body = json.loads(message.value or b"")
            place = self._place(body)
        except (ValueError, RecursionError):  # it was mutated before
            return message
        if place is None:
            return message
        holder, name = place
        what = self.chance.randrange(8)
        if what == 0:
            del holder[name]
        elif what == 1 and isinstance(holder, dict):
            holder[self.chance.choice(["", "extra", "order_id ", "\x00"])] = self.chance.choice(ODD_VALUES)
        else:
            holder[name] = self._odd_value(like=holder[name])
        return replace(message, value=json.dumps(body).encode())

    def repeat_field(self, message: Mutable) -> Mutable:
        """The same name twice: which one counts?"""
        odd = json.dumps(self.chance.choice(ODD_VALUES)).encode()
        name = self.chance.choice([b"order_id", b"lines", b"client_id", b"number", b"net"])
        return replace(message, value=(message.value or b"")[:-1] + b',"' + name + b'":' + odd + b"}")

    # --- headers -----------------------------------------------------------------------------------------------------

    def drop_header(self, message: Mutable) -> Mutable:
        return self._with_headers(message, lambda headers, at: headers.pop(at))

    def repeat_header(self, message: Mutable) -> Mutable:
        other = self.chance.choice(self.chance.choice(self.others).headers)
        return self._with_headers(
            message,
            lambda headers, at: headers.insert(
                self.chance.randrange(len(headers) + 1), self.chance.choice([headers[at], (headers[at][0], other[1])])
            ),
        )

    def garble_header(self, message: Mutable) -> Mutable:
        def garble(headers: list[Header], at: int) -> None:
            name, value = headers[at]
            odd = [
                None,
                b"",
                b"\x00",
                b"\xff",
                b"h" * 300,
                b"h" * 100_000,
                (value or b"") + b"\x00",
                self._flipped(value),
            ]
            headers[at] = (name, self.chance.choice(odd))

        return self._with_headers(message, garble)

    def rename_header(self, message: Mutable) -> Mutable:
        odd = ["", "\x00", "🍵", "n" * 10_000, "CE_TYPE", "ce_type ", "content-type"]
        return self._with_headers(
            message, lambda headers, at: headers.__setitem__(at, (self.chance.choice(odd), headers[at][1]))
        )

    def add_headers(self, message: Mutable) -> Mutable:
        more = [(f"x-{n}", self.chance.choice([None, *GARBAGE])) for n in range(self.chance.choice([1, 5, 300]))]
        return replace(message, headers=(*more, *message.headers))

    def shuffle_headers(self, message: Mutable) -> Mutable:
        return replace(message, headers=tuple(self.chance.sample(message.headers, len(message.headers))))

    def no_headers(self, message: Mutable) -> Mutable:
        return replace(message, headers=())

    def change_type(self, message: Mutable) -> Mutable:
        return self._set_header(message, "ce_type", self.chance.choice(TYPES).encode())

    def change_id(self, message: Mutable) -> Mutable:
        odd = [b"", b"1", b"{%s}", b"urn:uuid:", b"f" * 32, str(UUID(int=self.chance.getrandbits(128))).encode()]
        return self._set_header(message, "ce_id", self.chance.choice(odd))

    def change_time(self, message: Mutable) -> Mutable:
        odd = [b"now", b"0000-00-00", b"9999-12-31T23:59:59Z", b"2026-01-01", b"1e9", b"2026-01-01T00:00:00+99:99"]
        return self._set_header(message, "ce_time", self.chance.choice(odd))

    # --- help --------------------------------------------------------------------------------------------------------

    def _flipped(self, value: bytes | None) -> bytes:
        flipped = bytearray(value or b"?")
        for _ in range(self.chance.choice([1, 1, 1, 2, 8])):
            flipped[self.chance.randrange(len(flipped))] = self.chance.randrange(256)
        return bytes(flipped)

    def _odd_value(self, *, like: Any) -> Any:
        """Mostly of the same type, since others do not get far."""
        alike = [odd for odd in ODD_VALUES if type(odd) is type(like)]
        return self.chance.choice(alike if alike and self.chance.random() < 0.7 else ODD_VALUES)

    def _place(self, body: Any) -> tuple[Any, Any] | None:
        """Somewhere in a JSON document: what holds it, and under which name or number."""
        place = None
        while isinstance(body, dict | list) and body:
            name = self.chance.choice(list(body)) if isinstance(body, dict) else self.chance.randrange(len(body))
            place, body = (body, name), body[name]
            if self.chance.random() < 0.3:
                break
        return place

    def _with_headers(self, message: Mutable, change: Callable[[list[Header], int], object]) -> Mutable:
        if not message.headers:
            return message
        headers = list(message.headers)
        change(headers, self.chance.randrange(len(headers)))
        return replace(message, headers=tuple(headers))

    def _set_header(self, message: Mutable, name: str, value: bytes) -> Mutable:
        return replace(message, headers=tuple((n, value if n == name else v) for n, v in message.headers))


_MUTATIONS: Sequence[Callable[[Mutator, Mutable], Mutable]] = (
    *(Mutator.flip_bytes, Mutator.truncate, Mutator.extend, Mutator.empty, Mutator.nest, Mutator.swap_body),
    *(Mutator.change_field, Mutator.change_field, Mutator.change_field, Mutator.change_field, Mutator.repeat_field),
    *(Mutator.drop_header, Mutator.repeat_header, Mutator.garble_header, Mutator.rename_header, Mutator.add_headers),
    *(Mutator.shuffle_headers, Mutator.no_headers, Mutator.change_type, Mutator.change_id, Mutator.change_time),
)


def odd_key(chance: random.Random) -> bytes | None:
    """A key of no order, and hardly ever the same one twice: what comes later would wait behind the first."""
    unique = str(UUID(int=chance.getrandbits(128))).encode()
    odd = [None, b"", b"\x00" + unique, b"\xff\xfe" + unique, unique + b"k" * 5000, "🍵".encode() + unique, unique]
    return chance.choice(odd)
