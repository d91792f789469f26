"""The files of a list: all rows that its filters let through, as the API exports them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.views.main import SEARCH_VAR
from django.urls import reverse

from common.timestamps import parse_day

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Export:
    """A file of a list.

    Attributes:
        path: the name of the path that serves it.
        permission: without which the file would lack rows that the list has.
    """

    title: str
    path: str
    permission: str


@dataclass(frozen=True, slots=True)
class Exports:
    """The files of a list, and by which parameter of theirs a filter of the list goes.

    Attributes:
        filters: by the list's parameter that of the files, and how its value is written there.
    """

    files: Sequence[Export]
    filters: Mapping[str, tuple[str, Translate]]

    def links(self, user: Any, parameters: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Titles with addresses. There are none of a list that is searched, or filtered by a day that is none."""
        if parameters.get(SEARCH_VAR, "").strip():
            return []
        try:
            query = urlencode(self._query(parameters))
        except ValueError:
            return []
        behind = f"?{query}" if query else ""
        return [(file.title, f"{reverse(file.path)}{behind}") for file in self.files if user.has_perm(file.permission)]

    def _query(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        filtered = {name: text for name in self.filters if (text := parameters.get(name, "").strip())}
        return {self.filters[name][0]: self.filters[name][1](text) for name, text in filtered.items()}


def as_it_is(text: str) -> str:
    return text


def as_day(text: str) -> str:
    """Raises:
    ValueError: there is no such day.
    """
    return parse_day(text).isoformat()


def as_first_moment(text: str) -> str:
    """Of a day, in UTC. Raises as `as_day`."""
    return f"{as_day(text)}T00:00:00Z"


def as_last_moment(text: str) -> str:
    """Of a day, in UTC. Raises as `as_day`."""
    return f"{as_day(text)}T23:59:59.999999Z"
