"""Content negotiation by the `Accept` header: RFC 9110, 12.5.1."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rest_framework.exceptions import NotAcceptable, UnsupportedMediaType
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api import problems

_ANYTHING = ("*/*", "application/json", "")
_MAX_LENGTH = 8192  # characters of a header that are looked at
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_WEIGHT = re.compile(r"q=(0?\.\d+|[01](?:\.\d*)?)", re.ASCII)
# A client that accepts problem+json only gets JSON also for success: otherwise it could get errors only.
_OTHER_NAMES = {"application/json": problems.CONTENT_TYPE}


class MediaRange(NamedTuple):
    """A media range, such as `text/*`, with its quality from 0 (not acceptable) to 1."""

    type: str
    subtype: str
    bare: bool  # without parameters; our media types have none, so a range with parameters is less specific
    quality: float

    def precedence_for(self, media_type: str) -> int | None:
        """The more specific of two ranges decides; None if the range does not cover the media type."""
        type_, _, subtype = media_type.partition("/")
        if self.type not in (type_, "*") or self.subtype not in (subtype, "*"):
            return None
        return 4 * (self.type != "*") + 2 * (self.subtype != "*") + self.bare


class Negotiation(BaseContentNegotiation):
    """Chooses the view's renderer of the highest quality, the first of several.

    Elements that are not media ranges are ignored. A header without any accepts anything, like an empty or missing one.
    """

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Raises:
        UnsupportedMediaType: says what to send instead.
        """
        content_type = request.content_type
        media_type = content_type.partition(";")[0].strip().lower()
        for parser in parsers:
            if parser.media_type == media_type:
                return parser
        raise unsupported(content_type, parsers)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002 - there are no suffixes
    ) -> tuple[BaseRenderer, str]:
        """Raises:
        NotAcceptable: says what there is.
        """
        accept = request.META.get("HTTP_ACCEPT", "")
        if accept in _ANYTHING or not (ranges := list(media_ranges(accept))):
            chosen = next(iter(renderers))
        else:
            chosen = max(renderers, key=lambda renderer: quality_of(renderer.media_type, ranges))
            if not quality_of(chosen.media_type, ranges):
                there_is = sorted({renderer.media_type for renderer in renderers})
                raise NotAcceptable(f"The header Accept takes nothing that there is here: {', '.join(there_is)}.")
        return chosen, chosen.media_type


def unsupported(content_type: str, parsers: Iterable[BaseParser]) -> UnsupportedMediaType:
    """The error of a body of a type that is not read."""
    wanted = " or ".join(sorted({parser.media_type for parser in parsers if parser.media_type}))
    given = f"it is {content_type}" if content_type else "the request has none"
    return UnsupportedMediaType(content_type, detail=f"The Content-Type must be {wanted}: {given}.")


def media_ranges(accept: str) -> Iterator[MediaRange]:
    """The media ranges of a header. Invalid elements are ignored, and an invalid weight counts as 1."""
    for element in _QUOTED.sub("", accept[:_MAX_LENGTH]).lower().split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        type_, slash, subtype = ("*", "/", "*") if name == "*" else name.partition("/")  # as Java's own client has it
        if type_ and slash and subtype:
            weight = next((found[1] for text in parameters if (found := _WEIGHT.fullmatch(text))), "1")
            bare = all(not text or text.startswith("q=") for text in parameters)
            yield MediaRange(type_, subtype, bare, min(float(weight), 1.0))


def quality_of(media_type: str, ranges: Iterable[MediaRange]) -> float:
    """The quality of a media type by the most specific range that covers it; 0 if none does."""
    decisive = _most_specific(media_type, ranges)
    if decisive is None and media_type in _OTHER_NAMES:
        decisive = _most_specific(_OTHER_NAMES[media_type], ranges)
    return decisive.quality if decisive else 0.0


def _most_specific(media_type: str, ranges: Iterable[MediaRange]) -> MediaRange | None:
    covering = [(rank, item) for item in ranges if (rank := item.precedence_for(media_type)) is not None]
    return max(covering, key=lambda pair: pair[0])[1] if covering else None
