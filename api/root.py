"""The root of the API."""

from collections.abc import Mapping
from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.filters import reject_parameters
from api.openapi.operation import describe


class ApiRoot(APIView):
    """The resources of Orderflow."""

    permission_classes = [AllowAny]
    resources: Mapping[str, str] = {}  # name: path

    @describe(dict[str, str])
    def get(self, request: Request, **kwargs: Any) -> Response:  # noqa: ARG002
        """The address of each part."""
        reject_parameters(request)
        return Response({name: request.build_absolute_uri(path) for name, path in self.resources.items()})

    def get_view_name(self) -> str:
        return "Orderflow"
