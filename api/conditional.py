"""Conditional requests, by RFC 9110, 13: what a client has already is not sent once more."""

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from api.exceptions import PreconditionFailed


def conditional_response(request: Request, response: HttpResponse, *, etag: str) -> HttpResponseBase:
    """The response, or 304 without a body where the client has it.

    Raises:
        PreconditionFailed: the client wants another by If-Match.
    """
    answer = get_conditional_response(request, etag=etag, response=response) or response
    if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
        raise PreconditionFailed
    return answer


def reject_conditions(request: Request) -> None:
    """Check the If-Match of a request that changes something: nothing that can be changed has an ETag to match.

    A client that sends the one of a copy wants no change of anything newer, and must not be told that it was made.

    Raises:
        PreconditionFailed: it has one, other than `*`.
    """
    if request.META.get("HTTP_IF_MATCH", "*").strip() != "*":
        raise PreconditionFailed
