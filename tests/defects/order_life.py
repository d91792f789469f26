"""Defects after an order was placed: waiting for stock, cancelling, sending, crediting."""

from tests.defects.defect import Change, Defect

BACKORDERS = "tests/integration/inventory/test_backorders.py"

ORDER_LIFE = (
    Defect(
        "a new order takes what others wait for",
        "A big order that waits is overtaken by small ones for ever",
        (
            Change(
                "inventory/allocation.py",
                "        return max(0, self.available - self.backordered)\n",
                "        return self.available\n",
            ),
        ),
        f"{BACKORDERS}::test_a_big_order_that_waits_is_not_overtaken_by_small_ones",
    ),
    Defect(
        "whoever can be served is served",
        "A queue in which nobody looks who came before",
        (
            Change(
                "inventory/allocation.py",
                "    return all(line.ahead + line.quantity <= levels[line.sku].available for line in lines)\n",
                "    return all(line.quantity <= levels[line.sku].available for line in lines)\n",
            ),
        ),
        f"{BACKORDERS}::test_the_rule_counts_who_came_before",
    ),
    Defect(
        "a cancelled order goes on waiting",
        "What was cancelled is reserved when stock comes",
        (Change("inventory/departures.py", "    statements.leave_queue(orders)\n", ""),),
        f"{BACKORDERS}::test_a_cancelled_order_waits_no_longer",
    ),
    Defect(
        "billed though it was cancelled before",
        "An order that was cancelled gets an invoice",
        (
            Change(
                "invoicing/billing.py",
                "    return any(units.get(line.line_no, 0) < line.quantity for line in order.lines)\n",
                "    return bool(units)\n",
            ),
        ),
        "tests/integration/invoicing/test_cancellations.py::TestACancelledOrder::test_that_is_not_billed_never_is",
    ),
    Defect(
        "what was credited before it was sent is credited again",
        "woocommerce/woocommerce#58714",
        (Change("invoicing/billing.py", "units.get(line_no, 0) - unsent[line_no])", "units.get(line_no, 0))"),),
        "tests/integration/operations/test_credited_before_sent.py"
        "::test_what_was_credited_unsent_is_not_credited_again_when_the_rest_is_cancelled",
    ),
    Defect(
        "what was cancelled is credited by hand, and again by its event",
        "of the kind of medusajs/medusa#15153",
        (
            Change(
                "invoicing/unsent.py",
                "{} if note.restock or cancelled is None or note.at < cancelled[0] else cancelled[1]",
                "{}",
            ),
        ),
        "tests/integration/operations/test_credited_before_sent.py"
        "::test_a_credit_by_hand_that_comes_before_the_cancellations_takes_its_units",
    ),
    Defect(
        "each part of an invoice is rounded by itself",
        "Partial refunds that lose a cent",
        (
            Change(
                "invoicing/portions.py",
                "    whole_net = sum((tax.net for tax in before), start=net)\n",
                "    before, whole_net = [], net\n",
            ),
        ),
        "tests/unit/invoicing/test_portions.py::test_all_parts_together_are_the_invoice_to_the_smallest_unit",
    ),
    Defect(
        "goods that never left come back to stock",
        "PrestaShop/PrestaShop#16869",
        (
            Change(
                "inventory/returns.py",
                "        for each in covered(returns, away)\n",
                "        for each in returns\n",
            ),
        ),
        "tests/integration/inventory/test_departures.py::test_what_was_never_sent_does_not_come_back",
    ),
    Defect(
        "a return gets what an earlier one waits for",
        "Returns that are credited in another order than they came in",
        (
            Change(
                "operations/importing/returns.py",
                "max(0, left - self.planned[line.order_id, line.line_no])",
                "left",
            ),
        ),
        "tests/integration/importing/test_import_returns.py"
        "::test_a_later_return_does_not_get_what_an_earlier_one_waits_for",
    ),
    Defect(
        "changes are read up to the latest id",
        "juicedata/juicefs#7521: what is committed after a later id is passed over",
        (
            Change(
                "orders/statements.py",
                "            WHERE at < %(writing_since)s::timestamptz - make_interval(secs => %(margin)s) ORDER BY",
                "            WHERE %(writing_since)s::timestamptz IS NOT NULL AND %(margin)s IS NOT NULL ORDER BY",
            ),
        ),
        "tests/integration/orders/test_changes.py"
        "::test_what_is_committed_late_comes_before_what_was_committed_meanwhile",
    ),
)
