"""Defects of orders, stock and invoices."""

from tests.defects.defect import Change, Defect

AT_ONCE = "tests/integration/inventory/test_reserving_at_once.py"
RESERVING = "tests/integration/inventory/test_reserving.py"
STORE_AT_ONCE = """        names = _execute(claims.values(), _accepted(drafts, set(claims.values())))
        return {claims[name] for name in names}
"""

BUSINESS = (
    Defect(
        "levels read without a lock",
        "Overselling under concurrency",
        (
            Change(
                "inventory/statements.py",
                "    WHERE sku = ANY(%(skus)s)\n    ORDER BY sku\n    FOR UPDATE\n",
                "    WHERE sku = ANY(%(skus)s)\n    ORDER BY sku\n",
            ),
        ),
        f"{AT_ONCE}::test_of_two_that_want_the_last_units_exactly_one_gets_them",
    ),
    Defect(
        "less than was asked for",
        "`min(asked, available)` taken silently",
        (
            Change(
                "inventory/allocation.py",
                "        if quantity > (available := _available(sku, levels))\n",
                "        if not (available := _available(sku, levels))\n",
            ),
            Change(
                "inventory/allocation.py",
                "    level.reserved += quantity\n",
                "    level.reserved += min(quantity, level.available)\n",
            ),
            Change(
                "inventory/reservations.py",
                """    if allocation.reserved:
        decisions.held[order_id] = quantities
""",
                """    if allocation.reserved:
        decisions.held[order_id] = {sku: min(units, levels[sku].on_hand) for sku, units in quantities.items()}
""",
            ),
        ),
        f"{RESERVING}::test_an_order_short_in_one_sku_reserves_nothing_and_names_what_was_short",
    ),
    Defect(
        "seen to be there, and not held",
        "Availability checked but not held",
        (
            Change(
                "inventory/reservations.py", "    statements.hold(decisions.held, waiting=decisions.backordered)\n", ""
            ),
        ),
        f"{AT_ONCE}::test_of_two_that_want_the_last_units_exactly_one_gets_them",
    ),
    Defect(
        "locks in the order of the basket",
        "Deadlocks from locking stock rows in basket order",
        (
            Change(
                "inventory/models.py",
                "        return statements.lock_levels(skus)\n",
                """        levels: dict[str, Level] = {}
        for sku in skus:
            levels |= statements.lock_levels([sku])
        return levels
""",
            ),
            Change(
                "inventory/reservations.py",
                "    levels = StockItem.objects.lock({sku for quantities in asked.values() for sku in quantities})\n",
                """    levels = StockItem.objects.lock(
        dict.fromkeys(sku for quantities in asked.values() for sku in quantities)
    )
""",
            ),
        ),
        f"{AT_ONCE}::test_baskets_in_opposite_order_do_not_deadlock",
    ),
    Defect(
        "a key looked up before it is stored",
        'Idempotency by "have I seen this key?" then insert: races',
        (
            Change(
                "orders/intake/store.py",
                STORE_AT_ONCE,
                """        kept = {claim for name, claim in claims.items() if not idempotency.stored_response(*name)}
        idempotency.claim(kept)
        _execute([], [replace(draft, claim=None) for draft in _accepted(drafts, kept)])
        return kept
""",
            ),
        ),
        "tests/integration/orders/test_intake.py::test_the_same_key_at_the_same_time_makes_one_order",
    ),
    Defect(
        "a key that outlives a failure",
        "A swallowed failure answers the retry with success",
        (
            Change(
                "orders/intake/store.py",
                STORE_AT_ONCE,
                """        kept = {claims[name] for name in idempotency.claim(claims.values())}
        _execute([], [replace(draft, claim=None) for draft in _accepted(drafts, kept)])
        return kept
""",
            ),
        ),
        "tests/integration/orders/test_intake.py::test_a_batch_that_fails_leaves_nothing_behind",
    ),
    Defect(
        "the highest number plus one",
        "`MAX(number) + 1` races: one customer gets another's number",
        (
            Change(
                "invoicing/numbering.py",
                """    last = statements.add_to_counter(series=series, year=year, count=count)
    return range(last - count + 1, last + 1)
""",
                """    issued = Invoice.objects.filter(series=series, year=year)
    first = (issued.aggregate(last=Max("sequence"))["last"] or 0) + 1
    return range(first, first + count)
""",
            ),
            Change("invoicing/numbering.py", "        _lock_all(series, year)\n", ""),
            Change(
                "invoicing/numbering.py",
                "from invoicing import statements\n",
                "from django.db.models import Max\n\n"
                "from invoicing import statements\nfrom invoicing.models import Invoice\n",
            ),
        ),
        "tests/integration/invoicing/test_issuing.py::TestNumbers::"
        "test_are_given_out_once_and_without_a_gap_to_many_at_once",
    ),
)
