"""Credit notes: numbered without a gap, never more than was billed, never changed."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from django.db import IntegrityError, connection, transaction

from common.errors import Invalid
from invoicing.crediting import AskedLine, credit_invoice
from invoicing.events import CreditNoteIssued, Tax
from invoicing.exceptions import MoreThanBilled, NothingLeftToCredit, NotSent
from invoicing.models import CreditNote, Invoice, InvoiceCounter
from invoicing.selectors import credit_notes_of_orders, recorded_credit_notes
from messaging.models import OutboxMessage
from tests.concurrency import at_once, one_after_the_other
from tests.confirmed_orders import confirmed
from tests.integration.invoicing.deliveries import credited_units, deliver

THIS_YEAR = datetime.now(UTC).year


def bill(**different) -> Invoice:
    order = confirmed(**different)
    deliver(order)
    return Invoice.objects.get(order_id=order.order_id)


def credit(
    invoice: Invoice,
    quantities: dict[int, int] | None = None,
    *,
    restock: bool = False,
    sent: dict[int, int] | None = None,
) -> CreditNote:
    """Credit an invoice; `sent` has the units of each line that were sent so far."""
    lines = None
    if quantities is not None:
        lines = [AskedLine(line_no=line_no, quantity=quantity) for line_no, quantity in quantities.items()]
    return credit_invoice(
        number=invoice.number,
        lines=lines,
        reason="returned",
        restock=restock,
        sent_units=lambda order_id: sent or {} if order_id == invoice.order_id else {},
        actor="ann",
    )


def two_lines() -> dict[str, object]:
    """An order of two rates: 3 mugs and 2 teas."""
    mug = confirmed().lines[0]
    tea = msgspec.structs.replace(
        mug,
        line_no=2,
        sku="TEA",
        quantity=2,
        unit_price=Decimal("1.115"),
        tax_rate=Decimal("0.05"),
        net=Decimal("2.23"),
    )
    taxes = [
        Tax(rate=Decimal("0.2"), net=Decimal("7.67"), tax=Decimal("1.53")),
        Tax(rate=Decimal("0.05"), net=Decimal("2.23"), tax=Decimal("0.11")),
    ]
    amounts = {"net": Decimal("9.90"), "tax": Decimal("1.64"), "total": Decimal("11.54")}
    return {"lines": [mug, tea], "taxes": taxes, **amounts}


def events() -> list[CreditNoteIssued]:
    rows = OutboxMessage.objects.filter(type=CreditNoteIssued.TYPE).order_by("pk")
    return [msgspec.json.decode(row.body, type=CreditNoteIssued) for row in rows]


@pytest.mark.django_db
class TestACreditNote:
    def test_is_a_snapshot_of_what_is_taken_back_and_of_the_issuer_of_today(self, settings):
        invoice = bill(**two_lines())
        settings.INVOICE_ISSUER = {"name": "Mugs & Daughters", "lines": ["2 Street"], "city": "Leeds", "country": "GB"}

        note = credit(invoice, {1: 2}, restock=True, sent={1: 3})

        assert note.number == f"CN-{THIS_YEAR}-000001"
        assert (note.invoice_id, note.order_id) == (invoice.number, invoice.order_id)
        assert (note.client_id, note.customer_id, note.order_reference) == (7, "C-1", "PO-4711")
        assert note.issuer["name"] == "Mugs & Daughters"
        assert note.bill_to == invoice.bill_to
        assert (note.reason, note.restock, note.actor) == ("returned", True, "ann")
        assert note.lines == [invoice.lines[0] | {"quantity": 2, "net": "5.11"}]
        assert note.taxes == [{"rate": "0.2", "net": "5.11", "tax": "1.02"}]
        assert (note.net, note.tax, note.total) == (Decimal("5.11"), Decimal("1.02"), Decimal("6.13"))

    def test_is_announced_with_what_its_readers_need(self):
        invoice = bill(**two_lines())

        note = credit(invoice, {1: 1, 2: 2}, restock=True, sent={1: 1, 2: 2})

        (event,) = events()
        assert event.record_id == event.number == note.number
        assert (event.order_id, event.invoice_number) == (invoice.order_id, invoice.number)
        assert (event.customer_id, event.client_id, event.currency) == ("C-1", 7, "GBP")
        assert (event.net, event.tax, event.total) == (note.net, note.tax, note.total)
        assert (event.reason, event.restock, event.issued_at) == ("returned", True, note.issued_at)
        assert msgspec.to_builtins(event.lines) == [
            {"line_no": 1, "sku": "MUG", "quantity": 1},
            {"line_no": 2, "sku": "TEA", "quantity": 2},
        ]

    def test_is_recorded_as_it_was_announced(self):
        invoice = bill(**two_lines())
        credit(invoice, {1: 1}), credit(invoice, {1: 2})

        announced = {event.number: event for event in events()}
        assert recorded_credit_notes([*announced, "CN-1"]) == announced
        assert list(credit_notes_of_orders([invoice.order_id]).values()) == list(announced.values())

    def test_without_quantities_takes_all_that_is_left(self):
        invoice = bill(**two_lines())
        credit(invoice, {1: 1})

        credit(invoice)

        assert credited_units() == [{1: 1}, {1: 2, 2: 2}]
        for name in ("net", "tax", "total"):
            assert sum(getattr(note, name) for note in CreditNote.objects.all()) == getattr(invoice, name)

    def test_of_a_give_away_comes_to_nothing(self):
        gift = msgspec.structs.replace(confirmed().lines[0], unit_price=Decimal(0), net=Decimal("0.00"))
        nothing = Decimal("0.00")
        taxes = [Tax(rate=Decimal("0.2"), net=nothing, tax=nothing)]
        invoice = bill(lines=[gift], taxes=taxes, net=nothing, tax=nothing, total=nothing)

        assert credit(invoice).total == 0
        assert credited_units() == [{1: 3}]

    # odoo/odoo#84773: after the series was switched, both kinds of document went on with one of them.
    def test_has_a_series_of_its_own_that_counts_from_1_every_year(self, time_machine, settings):
        time_machine.move_to(datetime(2031, 12, 31, 23, 59, tzinfo=UTC), tick=False)
        invoice = bill(**two_lines())
        credit(invoice, {1: 1})
        time_machine.move_to(datetime(2032, 1, 1, 0, 0, tzinfo=UTC), tick=False)
        credit(invoice, {1: 1})
        settings.CREDIT_NOTE_SERIES = "R"
        credit(invoice, {1: 1})
        deliver(confirmed())

        numbers = list(CreditNote.objects.order_by("pk").values_list("pk", flat=True))
        assert numbers == ["CN-2031-000001", "CN-2032-000001", "R-2032-000001"]
        assert list(Invoice.objects.order_by("pk").values_list("pk", flat=True)) == [
            "INV-2031-000001",
            "INV-2032-000001",
        ]

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param("UPDATE invoicing_creditnote SET reason = 'x'", id="update"),
            pytest.param("DELETE FROM invoicing_creditnote", id="delete"),
        ],
    )
    def test_never_changes(self, change):
        credit(bill())

        with (
            pytest.raises(IntegrityError, match="issued credit notes never change"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)


# frappe/erpnext#24259: an invoice over 2 units was returned three times, one unit each.
@pytest.mark.django_db
class TestMoreThanWasBilled:
    def test_is_refused_over_all_credit_notes_together(self):
        invoice = bill(**two_lines())
        credit(invoice, {1: 2})

        with pytest.raises(MoreThanBilled) as refused:
            credit(invoice, {2: 3, 1: 2})

        assert [error.pointer for error in refused.value.errors] == ["/lines/0/quantity", "/lines/1/quantity"]
        assert "the 1 that can be credited yet of line 1" in refused.value.errors[1].detail
        assert credited_units() == [{1: 2}]
        assert InvoiceCounter.objects.get(series="CN").last == 1

    def test_is_refused_once_nothing_is_left(self):
        invoice = bill()
        credit(invoice)

        with pytest.raises(NothingLeftToCredit):
            credit(invoice)

    def test_is_refused_by_the_database_whoever_asks(self):
        invoice = bill()
        values = CreditNote.objects.filter(pk=credit(invoice, {1: 2}).pk).values().get()

        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            CreditNote.objects.create(**values | {"number": "CN-X", "sequence": 2})

        assert refused.value.__cause__.diag.constraint_name == "credit_notes_within_billed"

    @pytest.mark.parametrize("asked", [[(3, 1)], [(1, 1), (1, 1)]], ids=["no such line", "a line twice"])
    def test_a_line_that_makes_no_sense_is_refused(self, asked):
        invoice = bill(**two_lines())
        lines = [AskedLine(line_no=line_no, quantity=quantity) for line_no, quantity in asked]

        with pytest.raises(Invalid) as refused:
            credit_invoice(number=invoice.number, lines=lines, reason="x", restock=False, actor="ann")

        assert {error.pointer for error in refused.value.errors} == {f"/lines/{n}/line_no" for n in range(len(asked))}


# PrestaShop/PrestaShop#16869: a refund before the order was shipped put goods on the shelf that had never left it.
@pytest.mark.django_db
class TestGoodsThatComeBack:
    def test_were_sent(self):
        invoice = bill(**two_lines())

        with pytest.raises(NotSent) as refused:
            credit(invoice, {2: 1, 1: 2}, restock=True, sent={1: 1, 2: 1})

        (error,) = refused.value.errors
        assert (error.pointer, error.detail) == (
            "/lines/1/quantity",
            "of line 1, 2 can't come back to stock: 1 were sent and are not back",
        )
        assert credited_units() == []

    def test_come_back_once(self):
        invoice = bill(**two_lines())
        credit(invoice, {1: 1}, restock=True, sent={1: 1})

        with pytest.raises(NotSent):
            credit(invoice, {1: 1}, restock=True, sent={1: 1})

        credit(invoice, {1: 1}, restock=True, sent={1: 2})
        assert credited_units() == [{1: 1}, {1: 1}]

    def test_are_as_many_as_were_sent_whatever_was_credited_without_them(self):
        invoice = bill(**two_lines())
        credit(invoice, {1: 2})

        credit(invoice, {1: 1}, restock=True, sent={1: 1})

        assert credited_units() == [{1: 2}, {1: 1}]

    def test_were_sent_also_where_all_that_is_left_is_credited(self):
        invoice = bill(**two_lines())

        with pytest.raises(NotSent) as refused:
            credit(invoice, restock=True, sent={1: 2, 2: 2})

        assert [error.pointer for error in refused.value.errors] == ["/restock"]
        assert credit(invoice, restock=True, sent={1: 3, 2: 2}).restock


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    # woocommerce/woocommerce-gateway-stripe#838, openfoodfoundation/openfoodnetwork#6330, coopcycle/coopcycle-web#4608
    def test_two_who_credit_the_whole_invoice_credit_it_once(self):
        invoice = bill()

        with pytest.raises(NothingLeftToCredit):
            one_after_the_other(lambda: credit(invoice), lambda: credit(invoice))

        assert credited_units() == [{1: 3}]

    def test_what_one_gave_up_the_other_gets(self):
        invoice = bill()

        one_after_the_other(lambda: credit(invoice), lambda: credit(invoice), first_rolls_back=True)

        assert credited_units() == [{1: 3}]
        assert CreditNote.objects.get().sequence == 1

    def test_many_who_credit_different_invoices_leave_no_gap(self):
        invoices = [bill() for _ in range(6)]

        at_once([lambda invoice=invoice: [credit(invoice, {1: 1}) for _ in range(3)] for invoice in invoices])

        sequences = list(CreditNote.objects.order_by("sequence").values_list("sequence", flat=True))
        assert sequences == list(range(1, 19))
        times = list(CreditNote.objects.order_by("sequence").values_list("issued_at", flat=True))
        assert times == sorted(times)
