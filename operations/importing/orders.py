"""The import of orders, with the products that they need."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path

from django.utils import timezone

from messaging.events import Trace, new_id
from operations.cli.progress import ShowProgress, WriteLine
from operations.importing.returns import ReturnImport
from operations.importing.stocked_products import open_stock
from orders.importing.column_profiles import Profile
from orders.importing.reading import OrderReader
from orders.importing.rejects import writing_rejects
from orders.importing.report import Refusal, Report
from orders.importing.run import OrderImport
from orders.importing.storing import Database, DryRun, Store


@dataclass(frozen=True, slots=True)
class NewProducts:
    """How unknown skus become products: with this tax rate, a fraction, and so many units on hand."""

    tax_rate: Decimal
    on_hand: int


def import_orders(
    *,
    files: Sequence[Path],
    profile: Profile,
    default_customer: str | None,
    new_products: NewProducts | None,
    dry_run: bool,
    rejects: Path | None,
    write_line: WriteLine,
    progress: ShowProgress,
) -> Report:
    """Import whole orders and then returns, and `write_line` a line about each that is refused.

    Args:
        default_customer: whose orders are that name none; None: those are refused.
        new_products: None: orders with unknown skus are refused.
        dry_run: report the same, but store nothing.
        rejects: where to write the rows of refused orders.

    Raises:
        UnreadableFile, DatabaseError: see OrderImport.run.
    """
    began = timezone.now()
    store = DryRun() if dry_run else _database(new_products)
    report = Report(dry_run=dry_run)
    with writing_rejects(rejects, profile, files) as reject, _reporting_how_far_it_got(report, write_line):

        def refuse(refusal: Refusal) -> None:
            report.refusals.append(refusal.as_json())
            write_line(str(refusal))
            reject(refusal)

        reader = OrderReader(
            profile=profile,
            client_id=store.client_id,
            default_customer=default_customer or "",
            trace=Trace(correlation_id=f"import-{new_id()}"),
        )
        orders = OrderImport(
            reader=reader,
            store=store,
            report=report,
            tax_rate=new_products.tax_rate if new_products else None,
            refuse=refuse,
            warn=write_line,
            progress=progress,
        )
        orders.run(files)
        if profile.return_profile:
            ReturnImport(
                reader=replace(reader, profile=profile.return_profile),
                sold_before=store.sold_before,
                began=began,
                report=report,
                refuse=refuse,
                dry_run=dry_run,
            ).run(orders.returns)
    return report


def _database(new_products: NewProducts | None) -> Store:
    on_hand = new_products.on_hand if new_products else 0
    return Database(partial(open_stock, on_hand=on_hand, note="import_orders"))


@contextmanager
def _reporting_how_far_it_got(report: Report, write_line: WriteLine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if report.rows:
            write_line(f"until then {report}; to go on, run it again: what was imported is skipped")
        raise
