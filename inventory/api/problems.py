"""What the refusals of the inventory mean over HTTP."""

from collections.abc import Mapping
from http import HTTPStatus

from api.exceptions import FieldError
from api.problems import ProblemType
from inventory.exceptions import OnHandRefused, UnknownSku

PROBLEMS: Mapping[type[Exception], ProblemType] = {
    UnknownSku: ProblemType(status=HTTPStatus.NOT_FOUND),
    OnHandRefused: ProblemType(
        status=HTTPStatus.CONFLICT,
        name="on-hand-refused",
        title="Units on hand refused",
        errors=lambda refused: [FieldError("/quantity", str(level)) for level in refused.levels],
    ),
}
