"""What was pruned, in a line for a terminal."""

from operations.retention.pruning import Pruned


def line(pruned: Pruned, *, dry_run: bool = False) -> str:
    if pruned.before is None:
        return f"{pruned.kind.title}: kept for ever"
    what = "due" if dry_run else "deleted"
    more = ", and there may be more: it was broken off" if pruned.interrupted else ""
    return f"{pruned.kind.title}: {pruned.rows} {what}, of before {pruned.before:%Y-%m-%dT%H:%M:%SZ}{more}"
