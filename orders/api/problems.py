"""What the refusals of orders mean over HTTP."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from api.exceptions import ErrorBudget, FieldError
from api.problems import ProblemType
from orders.exceptions import (
    IllegalTransition,
    IntakeOverloaded,
    IntakeTimeout,
    OrderRefused,
    PriceNotAllowed,
    ProductExists,
    UnknownProduct,
)


def _errors(refused: OrderRefused) -> Sequence[FieldError]:
    return ErrorBudget().limit(FieldError(problem.pointer, problem.detail) for problem in refused.problems)


PROBLEMS: Mapping[type[Exception], ProblemType] = {
    OrderRefused: ProblemType(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        name="order-refused",
        title="Order refused",
        detail="The order asks for something that can't be: see errors.",
        errors=_errors,
    ),
    PriceNotAllowed: ProblemType(
        status=HTTPStatus.FORBIDDEN,
        name="price-not-allowed",
        title="Price not allowed",
        detail="Setting prices takes the permission orders.set_price.",
        errors=_errors,
    ),
    IllegalTransition: ProblemType(status=HTTPStatus.CONFLICT, name="illegal-transition", title="Not in this state"),
    IntakeOverloaded: ProblemType(
        status=HTTPStatus.SERVICE_UNAVAILABLE, name="overloaded", title="Overloaded", retry_after=1
    ),
    IntakeTimeout: ProblemType(
        status=HTTPStatus.SERVICE_UNAVAILABLE, name="outcome-unknown", title="Outcome unknown", retry_after=2
    ),
    ProductExists: ProblemType(status=HTTPStatus.CONFLICT, name="product-exists", title="Product exists"),
    UnknownProduct: ProblemType(status=HTTPStatus.NOT_FOUND),
}
