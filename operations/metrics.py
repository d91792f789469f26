"""What Prometheus reads."""

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.methods import read_only


@read_only
def metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
