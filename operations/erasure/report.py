"""What was erased of a customer and what remains, for a terminal."""

from operations.erasure.erasing import Erasure

_NAMED = 5  # orders under way


def said_of(erasure: Erasure, *, dry_run: bool) -> str:
    head = "would be erased" if dry_run else "erased"
    owner = "" if dry_run or not erasure.orders else f", now of customer {erasure.pseudonym}"
    lines = [f"{head}: {erasure.orders} orders that led to no invoice{owner}"]
    if not dry_run:
        lines.append(f"erased: {erasure.dead_letters} dead letters, {erasure.responses} stored responses")
    if erasure.invoiced or erasure.documents:
        lines.append(
            f"remain: {erasure.documents} invoices and credit notes, and the {erasure.invoiced} orders that they stand "
            "on: the law has them kept (docs/personal-data.md)"
        )
    if erasure.under_way:
        named = ", ".join(map(str, erasure.under_way[:_NAMED]))
        more = " and others" if len(erasure.under_way) > _NAMED else ""
        lines.append(f"remain: {len(erasure.under_way)} orders under way: {named}{more}")
    lines.append("remain for a while: events in Kafka, up to 14 days by its topics' settings; backups of the database")
    return "\n".join(lines)
