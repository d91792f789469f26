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


def errors_of(refused: OrderRefused, budget: ErrorBudget | None = None) -> Sequence[FieldError]:
    """What is wrong with an order, as far as the budget goes of the answer that names it."""
    problems = (FieldError(problem.pointer, problem.detail) for problem in refused.problems)
    return (budget or ErrorBudget()).limit(problems)


PROBLEMS: Mapping[type[Exception], ProblemType] = {
    OrderRefused: ProblemType(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        name="order-refused",
        title="Order refused",
        detail="The order asks for something that can't be: see errors.",
        errors=errors_of,
    ),
    PriceNotAllowed: ProblemType(
        status=HTTPStatus.FORBIDDEN,
        name="price-not-allowed",
        title="Price not allowed",
        detail="Setting prices takes the permission orders.set_price.",
        errors=errors_of,
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
