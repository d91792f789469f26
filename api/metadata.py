"""What the API says of its addresses: the response to OPTIONS, and the description on their pages."""

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request
from rest_framework.utils.formatting import markup_description
from rest_framework.views import APIView, get_view_description

_FOR_DEVELOPERS = "\n\nAttributes:"  # the section of a docstring that is of the code


class Metadata(SimpleMetadata):
    """DRF's metadata without the fields of serializers, because there are no serializers."""

    def determine_actions(self, request: Request, view: APIView) -> dict[str, Any]:  # noqa: ARG002
        return {}


def description(view: APIView, html: bool = False) -> str:
    """What the docstring of a view says to clients."""
    text: str = get_view_description(view)
    text = text.partition(_FOR_DEVELOPERS)[0]
    return str(markup_description(text)) if html else text
