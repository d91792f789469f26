"""Storing orders in the test's own transaction, where the product has a thread and a connection for that."""

from orders.intake.group_commit import Submission


def submission(place, drafts) -> Submission:
    """As the writer of a group commit makes it, and done already; `place` is like `place_orders`."""
    done = Submission(drafts)
    try:
        done.outcomes.set_result(place(drafts))
    except Exception as error:
        done.outcomes.set_exception(error)
    return done
