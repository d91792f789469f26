"""What the refusals of invoicing mean over HTTP."""

from collections.abc import Mapping
from http import HTTPStatus

from api.problems import ProblemType
from invoicing.exceptions import UnknownInvoice

PROBLEMS: Mapping[type[Exception], ProblemType] = {
    UnknownInvoice: ProblemType(status=HTTPStatus.NOT_FOUND),
}
