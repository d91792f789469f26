"""Ids of customers that differ in their spelling only, as they are named to a person."""

import unicodedata
from collections.abc import Iterable


def told_apart(customer_ids: Iterable[str]) -> str:
    """The ids in a row, such that a person sees in what each differs."""
    return ", ".join(map(_quoted, customer_ids))


def _quoted(customer_id: str) -> str:
    """An id in quotes; with escapes, as `$'…'` of a shell reads them, where it looks like another one."""
    if unicodedata.is_normalized("NFKC", customer_id) and "  " not in customer_id:
        return repr(customer_id)
    return ascii(customer_id).replace("  ", r" \x20")
