"""Storing orders in the test's transaction, instead of by the writer thread on its own connection."""

from orders.intake.group_commit import Submission


def submission(place, drafts) -> Submission:
    """A submission whose orders were stored by `place`, which is like `place_orders`."""
    done = Submission(drafts)
    try:
        done.outcomes.set_result(place(drafts))
    except Exception as error:
        done.outcomes.set_exception(error)
    return done
