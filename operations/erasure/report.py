"""What was erased of a customer and what remains, for a terminal."""

from common.text import number_of
from operations.erasure.erasing import Erasure
from operations.erasure.spellings import told_apart

_NAMED = 5  # orders under way


def report_of(erasure: Erasure, *, dry_run: bool) -> str:
    head = "would be erased" if dry_run else "erased"
    owner = "" if dry_run or not erasure.orders else f", now of customer {erasure.pseudonym}"
    lines = [f"{head}: {number_of(erasure.orders, 'order', 'orders')} that led to no invoice{owner}"]
    if not dry_run:
        letters = number_of(erasure.dead_letters, "dead letter", "dead letters")
        lines.append(f"erased: {letters}, {number_of(erasure.responses, 'stored response', 'stored responses')}")
    if erasure.invoiced or erasure.documents:
        lines.append(
            f"remain: {number_of(erasure.documents, 'invoice or credit note', 'invoices and credit notes')}, and "
            f"{number_of(erasure.invoiced, 'order', 'orders')} that they stand on: the law has them kept "
            "(docs/personal-data.md)"
        )
    if erasure.under_way:
        named = ", ".join(map(str, erasure.under_way[:_NAMED]))
        more = " and others" if len(erasure.under_way) > _NAMED else ""
        lines.append(
            f"remain: {number_of(len(erasure.under_way), 'order', 'orders')} under way: {named}{more}; "
            "`manage.py where` says what each waits for"
        )
    if erasure.other_spellings:
        lines.append(
            f"remain: what is of {told_apart(erasure.other_spellings)}: if that is the same customer, erase it, too"
        )
    lines.append("remain for a while: events in Kafka, up to 14 days by its topics' settings; backups of the database")
    return "\n".join(lines)
