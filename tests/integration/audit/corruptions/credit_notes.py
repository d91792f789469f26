"""Corruptions of credit notes, and cancellations that are not credited."""

import json

from api.models import IdempotencyRecord
from inventory.models import StockMovement
from invoicing.crediting import AskedLine, Credit, credit_invoice, issue_credit_notes, lock_invoices
from invoicing.models import CancelledOrder, CreditNote, InvoiceCounter
from messaging.events import new_id
from messaging.models import InboxEntry, OutboxMessage
from operations.models import ImportedReturn
from orders.causes import by_user
from orders.importing.owner import OWNER
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order, TimelineEntry
from orders.selectors import sent_units
from tests.integration.audit.corruptions.table import NONE, corruption

SEALED = "credit_note_is_as_it_was_issued"
PRICED = "credited_units_come_to_their_price"


def _credit(shop, **quantities: int) -> CreditNote:
    """A credit note over units of the first invoice's lines, 2 mugs at 2.50 and 3 teas; its event is lost."""
    line_of = {"MUG": 1, "TEA": 2}
    lines = [AskedLine(line_no=line_of[sku], quantity=quantity) for sku, quantity in quantities.items()]
    number = shop.invoiced[0].invoice_number
    note = credit_invoice(number=number, lines=lines, reason="broken", restock=False, actor="ann")
    OutboxMessage.objects.filter(type="credit_note.issued.v1").delete()
    return note


def _change(sql, note: CreditNote, assignment: str) -> None:
    sql(f"UPDATE invoicing_creditnote SET {assignment} WHERE number = %s", note.number)


@corruption(SEALED)
def _a_credit_note_with_another_reason(shop, sql):
    _change(sql, _credit(shop, MUG=1), "reason = 'a present'")


@corruption(SEALED, "only_what_was_sent_is_credited_as_back")
def _a_credit_note_whose_goods_came_back_after_all(shop, sql):
    _change(sql, _credit(shop, MUG=1), "restock = true")


@corruption(SEALED)
def _a_credit_note_without_its_seal(shop, sql):
    sql("DELETE FROM operations_creditnoteseal WHERE number = %s", _credit(shop, MUG=1).number)


@corruption("issued_credit_note_is_there")
def _a_credit_note_that_was_deleted_with_its_number(shop, sql):
    _credit(shop, MUG=1)
    sql("DELETE FROM invoicing_creditnote WHERE number = %s", _credit(shop, MUG=1).number)
    sql("UPDATE invoicing_invoicecounter SET last = last - 1 WHERE series = 'CN'")


@corruption("credit_note_is_of_its_invoice", SEALED)
def _a_credit_note_to_another_customer(shop, sql):
    _change(sql, _credit(shop, MUG=1), "customer_id = 'C-2'")


@corruption("credit_note_is_of_its_invoice", "credit_note_lines_are_those_of_its_invoice", SEALED)
def _a_credit_note_of_no_invoice(shop, sql):
    _change(sql, _credit(shop, MUG=1), "invoice_number = 'INV-X'")


@corruption("credit_note_lines_are_those_of_its_invoice", SEALED)
def _a_credit_note_over_another_article(shop, sql):
    _change(sql, _credit(shop, MUG=1), "lines = jsonb_set(lines, '{0,sku}', '\"CUP\"')")


@corruption("credit_note_lines_are_those_of_its_invoice", SEALED)
def _a_credit_note_whose_line_says_more(shop, sql):
    _change(sql, _credit(shop, MUG=1), "lines = jsonb_set(lines, '{0,fee}', '\"1\"')")


# frappe/erpnext#24259: more units came back than were sold.
@corruption("credit_notes_are_within_what_was_billed", PRICED, SEALED)
def _more_units_credited_than_were_billed(shop, sql):
    _credit(shop, MUG=1)
    _change(sql, _credit(shop, MUG=1), "lines = jsonb_set(lines, '{0,quantity}', '2')")


@corruption(PRICED, SEALED)
def _a_cent_too_much_for_a_unit(shop, sql):
    _change(
        sql,
        _credit(shop, MUG=1),
        """lines = jsonb_set(lines, '{0,net}', '"2.51"'), taxes = jsonb_set(taxes, '{0,net}', '"2.51"'),
        net = 2.51, total = 3.01""",
    )


@corruption("credited_taxes_are_those_of_what_was_credited", SEALED)
def _a_cent_too_much_of_tax(shop, sql):
    _change(sql, _credit(shop, MUG=1), "taxes = jsonb_set(taxes, '{0,tax}', '\"0.51\"'), tax = 0.51, total = 3.01")


@corruption("credit_note_adds_up", SEALED)
def _a_credit_note_over_a_pound_more(shop, sql):
    _change(sql, _credit(shop, MUG=1), "net = net + 1, total = total + 1")


@corruption("document_numbers_without_gap", SEALED, "issued_credit_note_is_there")
def _a_number_of_a_credit_note_left_out(shop, sql):
    _credit(shop, MUG=1)
    note = _credit(shop, MUG=1)
    _change(sql, note, f"number = '{note.series}-{note.year}-000003', sequence = 3")
    InvoiceCounter.objects.filter(series="CN").update(last=3)


@corruption("document_counter_is_at_the_last_number")
def _a_counter_of_credit_notes_that_is_behind(shop, sql):
    _credit(shop, MUG=1)
    InvoiceCounter.objects.filter(series="CN").update(last=0)


@corruption("outbox_tells_what_is_so")
def _a_credit_note_announced_over_another_amount(shop, sql):
    note = credit_invoice(
        number=shop.invoiced[0].invoice_number, lines=None, reason="broken", restock=False, actor="ann"
    )
    message = OutboxMessage.objects.get(type="credit_note.issued.v1")
    message.body = message.body.replace(f'"total":"{note.total:.2f}"', '"total":"0.01"')
    message.save()


@corruption("credit_note_that_was_told_is_there")
def _a_client_told_of_another_amount(shop, sql):
    note = _credit(shop, MUG=1)
    told = {
        "number": note.number,
        "url": f"http://testserver/invoices/{note.number}",
        "invoice_number": note.invoice_id,
        "reason": note.reason,
        "restock": note.restock,
    } | {name: str(getattr(note, name)) for name in ("net", "tax", "total")}
    IdempotencyRecord.objects.create(
        client_id=shop.client_id,
        key="credit",
        fingerprint=bytes(32),
        status=201,
        location=told["url"],
        body=json.dumps(told | {"total": "9.99"}),
    )


# --- what orders and stock make of them -----------------------------------------------------------------------------


def _return(shop) -> CreditNote:
    """A credit note over a returned mug, whose events all consumers have handled."""
    fulfil_order(order_id=shop.invoiced[0].pk, lines=[WantedLine(1, 1)], cause=by_user("ann"))
    shop.settle()
    note = credit_invoice(
        number=shop.invoiced[0].invoice_number,
        lines=[AskedLine(line_no=1, quantity=1)],
        reason="broken",
        restock=True,
        sent_units=sent_units,
        actor="ann",
    )
    shop.settle()
    return note


@corruption("order_shows_its_own_credit_notes", "order_timeline_tells_what_happened")
def _an_order_that_shows_the_credit_note_of_another(shop, sql):
    note = _return(shop)
    Order.objects.filter(pk=shop.invoiced[1].pk).update(credit_notes=[note.number])


@corruption("credit_note_reached_order_in_time", waiting_limit=NONE)
def _an_order_that_never_heard_of_its_credit_note(shop, sql):
    note = _return(shop)
    Order.objects.filter(pk=note.order_id).update(credit_notes=[])
    TimelineEntry.objects.filter(order=note.order_id, event="credit_note.issued.v1").delete()


@corruption("credited_goods_are_on_hand", "stock_levels_are_the_sums_of_the_ledger", waiting_limit=NONE)
def _goods_that_came_back_and_were_never_booked(shop, sql):
    sql("DELETE FROM inventory_stockmovement WHERE reference = %s", _return(shop).number)


@corruption(
    "nothing_comes_back_before_it_was_sent", "credited_goods_are_on_hand", "stock_levels_are_the_sums_of_the_ledger"
)
def _more_goods_booked_than_came_back(shop, sql):
    note = _return(shop)
    sql("UPDATE inventory_stockmovement SET on_hand_change = 2 WHERE reference = %s", note.number)


@corruption("nothing_comes_back_before_it_was_sent")
def _goods_that_came_back_before_they_were_sent(shop, sql):
    moved = StockMovement.objects.filter(order_id=_return(shop).order_id).order_by("pk")
    issued, returned = (moved.get(kind=kind).pk for kind in ("issue", "return"))
    for old, new in ((issued, -1), (returned, issued), (-1, returned)):
        sql("UPDATE inventory_stockmovement SET id = %s WHERE id = %s", new, old)


@corruption("only_what_was_sent_is_credited_as_back", "credited_goods_are_on_hand", waiting_limit=NONE)
def _goods_that_are_credited_as_back_and_never_left(shop, sql):
    credit_invoice(
        number=shop.invoiced[0].invoice_number,
        lines=[AskedLine(line_no=1, quantity=1)],
        reason="broken",
        restock=True,
        sent_units=lambda _: {1: 1},
        actor="ann",
    )
    shop.settle()


# --- imported returns -------------------------------------------------------------------------------------------------


def _import_return(shop, reference: str = "C1") -> CreditNote:
    """As operations.importing.returns does it; the event is lost."""
    (invoice,) = lock_invoices([shop.invoiced[0].invoice_number])
    (note,) = issue_credit_notes([Credit(invoice, {1: 1}, reason=f"Return {reference} of 2010-12-01", actor=OWNER)])
    ImportedReturn.objects.create(reference=reference, credit_notes=[note.number])
    OutboxMessage.objects.filter(type="credit_note.issued.v1").delete()
    return CreditNote.objects.get(pk=note.number)


@corruption("imported_returns_are_their_credit_notes")
def _an_imported_return_that_is_forgotten(shop, sql):
    _import_return(shop)
    ImportedReturn.objects.all().delete()


@corruption("imported_returns_are_their_credit_notes")
def _an_imported_return_with_the_credit_note_of_another(shop, sql):
    note = _import_return(shop, "C10")
    ImportedReturn.objects.update(reference="C1", credit_notes=[note.number])


@corruption("imported_returns_are_their_credit_notes")
def _an_imported_return_that_names_a_credit_note_that_never_was(shop, sql):
    note = _import_return(shop)
    ImportedReturn.objects.update(credit_notes=[note.number, "CN-X"])


# --- cancelled --------------------------------------------------------------------------------------------------------


def _hear_of(order: Order, lines: list[dict[str, int]]) -> None:
    """Have invoicing handle a cancellation of units of an order."""
    CancelledOrder.objects.create(order_id=order.pk, reason="gone", lines=lines)
    InboxEntry.objects.create(consumer="invoicing", event_id=new_id(), key=order.pk)


@corruption("cancellation_reached_invoicing")
def _an_order_that_only_invoicing_takes_for_cancelled(shop, sql):
    _hear_of(shop.placed, [{"line_no": 1, "quantity": 2}])


@corruption("cancelled_units_are_credited", "cancellation_reached_invoicing")
def _a_cancelled_order_that_is_billed_and_not_credited(shop, sql):
    _hear_of(shop.invoiced[0], [{"line_no": 1, "quantity": 2}])


@corruption("effects_have_their_inbox_rows", "cancellation_reached_invoicing", waiting_limit=NONE)
def _a_cancellation_that_nobody_told_invoicing(shop, sql):
    shop.settle()
    CancelledOrder.objects.create(order_id=new_id(), reason="gone", lines=[{"line_no": 1, "quantity": 2}])
