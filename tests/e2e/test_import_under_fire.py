"""The import of nine days of real orders, while consumers and relays are killed."""

import json
import threading

from tests.waiting import wait_until

ACCEPTED, LINES, REFUSED, RETURNS = 969, 24_815, 210, 32


def test_nine_days_of_orders_are_invoiced_once_although_processes_are_killed(system, retail_files):
    system.start("orders-2", "inventory-2", "invoicing-2", "relay-2")
    for name in ("orders-2", "inventory-2", "invoicing-2"):
        wait_until(lambda name=name: system.events(name, "partitions_assigned"), what=f"{name} joined")
    command = [
        *("import_orders", "--profile", "online-retail", "--create-products", "--on-hand", "1000000"),
        *("--default-customer", "GUEST", "--json", *retail_files),
    ]
    before = system.count("invoicing_invoice")
    reports: list[dict] = []
    importing = threading.Thread(target=lambda: reports.append(json.loads(system.manage(*command).stdout)))
    importing.start()
    invoices = "orders_order WHERE source = 'import' AND invoice_number <> ''"
    for number, name in enumerate(("inventory", "orders", "invoicing", "relay"), start=1):
        wait_until(lambda number=number: system.count("orders_order WHERE source = 'import'") > number * 50, within=120)
        system.kill(name)
    importing.join()

    (report,) = reports
    assert (report["accepted"], report["lines"], report["refused"]) == (ACCEPTED, LINES, REFUSED)
    wait_until(lambda: system.count(invoices) == ACCEPTED, within=120, what="all are invoiced")
    assert system.count("invoicing_invoice") == before + ACCEPTED
    again = json.loads(system.manage(*command).stdout)
    assert (again["accepted"], again["skipped"], again["refused"]) == (
        0,
        ACCEPTED,
        REFUSED - again["returns"]["credited"],
    )
    assert again["returns"]["credited"] == RETURNS
    pending = system.audit()["pending"]
    assert (pending["unanswered"], pending["unconfirmed"], pending["uninvoiced"]) == (0, 0, 0)
