"""What OPTIONS answers."""

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request
from rest_framework.views import APIView


class Metadata(SimpleMetadata):
    """DRF's, without the fields of serializers, which there are none of."""

    def determine_actions(self, request: Request, view: APIView) -> dict[str, Any]:  # noqa: ARG002
        return {}
