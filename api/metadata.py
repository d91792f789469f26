"""The response to OPTIONS."""

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request
from rest_framework.views import APIView


class Metadata(SimpleMetadata):
    """DRF's metadata without the fields of serializers, because there are no serializers."""

    def determine_actions(self, request: Request, view: APIView) -> dict[str, Any]:  # noqa: ARG002
        return {}
