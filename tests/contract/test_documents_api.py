"""GET /invoices/{number}.pdf, .html and .xml: what was issued, as files."""

from base64 import b64encode
from hashlib import sha256

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from facturx import get_xml_from_pdf
from lxml import etree
from msgspec.structs import replace

from common.parties import Party
from invoicing.billing import bill_orders
from invoicing.documents import store
from invoicing.models import Invoice, StoredDocument
from tests.confirmed_orders import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(api):
    """A client that places orders."""
    return api(name="shop")


@pytest.fixture
def issue(shop):
    """A function that issues an invoice of an order of the client."""

    def issue(**order) -> Invoice:
        owner = get_user_model().objects.get(username="shop").pk
        bill_orders([event := confirmed(**{"client_id": owner} | order)])
        return Invoice.objects.get(order_id=event.order_id)

    return issue


@pytest.mark.parametrize(
    ("suffix", "media_type", "begins"),
    [("pdf", "application/pdf", b"%PDF-1."), ("html", "text/html; charset=utf-8", b"<!DOCTYPE html>")],
)
def test_an_invoice_can_be_had_as_a_file(shop, issue, suffix, media_type, begins):
    invoice = issue()

    answer = shop.get(f"/invoices/{invoice.number}.{suffix}")

    assert (answer.status_code, answer["Content-Type"]) == (200, media_type)
    assert answer.content.startswith(begins)
    assert answer["Content-Disposition"] == f'inline; filename="{invoice.number}.{suffix}"'
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["pdf", "pdf/", "html", "html/"])
def test_the_same_bytes_are_given_for_ever(shop, issue, path, monkeypatch):
    address = f"/invoices/{issue().number}.{path}"
    first = shop.get(address)
    monkeypatch.setattr(store, "_made", lambda *_: pytest.fail("it was made again"))

    again = shop.get(address)

    assert again.content == first.content
    assert again["ETag"] == first["ETag"] == f'"{sha256(first.content).hexdigest()}"'
    assert first["Repr-Digest"] == f"sha-256=:{b64encode(sha256(first.content).digest()).decode()}:"
    known = shop.get(address, headers={"if-none-match": first["ETag"]})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("suffix", ["pdf", "html"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_document_that_is_another_than_the_one_that_is_asked_for_is_a_problem(shop, issue, suffix, method):
    address = f"/invoices/{issue().number}.{suffix}"

    answer = getattr(shop, method)(address, headers={"if-match": '"another"'})

    assert (answer.status_code, answer["Content-Type"]) == (412, "application/problem+json")
    if method == "get":
        assert answer.json()["type"] == "urn:orderflow:problem:precondition-failed"
    tag = shop.get(address)["ETag"]
    assert getattr(shop, method)(address, headers={"if-match": tag}).status_code == 200


def test_what_another_made_meanwhile_is_what_all_get(shop, issue, monkeypatch):
    invoice = issue()
    content = b"%PDF-1.7 of another request"

    def made(*_) -> bytes:
        digest = sha256(content).hexdigest()
        StoredDocument.objects.create(number=invoice.number, format="pdf", content=content, sha256=digest)
        return b"%PDF-1.7 of this request"

    monkeypatch.setattr(store, "_made", made)

    assert shop.get(f"/invoices/{invoice.number}.pdf").content == content


def test_a_file_of_another_language_is_another_file(shop, issue):
    invoice = issue()

    english, german = (shop.get(f"/invoices/{invoice.number}.html{query}").text for query in ("", "?language=de"))

    assert ("Invoice" in english, "Rechnung" in german) == (True, True)
    assert StoredDocument.objects.count() == 2


NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
}
ADA = Party(name="Ada", lines=["Weg 1"], postal_code="8001", city="Zürich", country="CH")


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        (None, ("Rechnung", "Oktober")),
        ("fr-CH", ("Facture", "octobre")),
        ("en-CH", ("Invoice", "October")),
        ("ja-JP", ("Rechnung", "Oktober")),  # documents are not translated into it
    ],
)
def test_a_buyer_who_wishes_another_language_than_his_country_s_reads_it(
    shop, issue, settings, time_machine, locale, says
):
    time_machine.move_to("2026-10-02T12:00:00Z", tick=False)
    invoice = issue(bill_to=replace(ADA, locale=locale))
    assert invoice.bill_to.get("locale") == locale

    page = shop.get(f"/invoices/{invoice.number}.html").text

    assert [word in page for word in says] == [True, True]


def test_the_language_that_is_asked_for_goes_before_the_buyer_s_and_keeps_his_country_s_formats(shop, issue):
    invoice = issue(bill_to=replace(ADA, locale="fr-CH"))

    assert "Fattura" in shop.get(f"/invoices/{invoice.number}.html?language=it").text


def test_a_document_says_by_when_it_is_to_be_paid_in_the_buyer_s_language(shop, issue, settings, time_machine):
    """BT-20; EN 16931 takes it as text."""
    time_machine.move_to("2026-10-02T12:00:00Z", tick=False)
    settings.INVOICE_PAYMENT_DAYS = 14
    invoice = issue(bill_to=replace(ADA, locale="fr-CH"))

    terms = "Payable au plus tard le 16 octobre 2026, sans escompte"
    assert terms in shop.get(f"/invoices/{invoice.number}.html").text
    for syntax, place in (
        ("ubl", "//cac:PaymentTerms/cbc:Note"),
        ("cii", "//ram:SpecifiedTradePaymentTerms/ram:Description"),
    ):
        tree = etree.fromstring(shop.get(f"/invoices/{invoice.number}.xml?syntax={syntax}").content)
        assert tree.xpath(f"{place}/text()", namespaces=NAMESPACES) == [terms]


def test_the_hash_of_each_document_is_told_once_it_is_made(shop, issue):
    invoice = issue(bill_to=ADA)
    address = f"/invoices/{invoice.number}"
    assert shop.get(address).json()["documents"] == dict.fromkeys(("pdf", "html", "ubl", "cii"))

    tags = {
        form: shop.get(f"{address}.{suffix}")["ETag"].strip('"')
        for form, suffix in (("pdf", "pdf"), ("ubl", "xml"), ("cii", "xml?syntax=cii"))
    }
    shop.get(f"{address}.html?language=it")  # not the buyer's

    assert shop.get(address).json()["documents"] == {"html": None} | tags
    assert [each["documents"] for each in shop.get("/invoices").json()["results"]] == [{"html": None} | tags]


@pytest.mark.parametrize("suffix", ["pdf", "html", "xml"])
def test_files_are_for_those_who_may_see_the_invoice(api, shop, issue, suffix):
    path = f"/invoices/{issue().number}.{suffix}"

    assert Client().get(path).status_code == 401
    assert api(name="another").get(path).status_code == 404
    assert not StoredDocument.objects.exists()
    assert api("invoicing.view_invoice", name="bookkeeper").get(path).status_code in (200, 409)


@pytest.mark.parametrize("number", ["INV-2026-999999", "%ff", "🍵", "a.b", "INV-2026-000001.pdf"])
@pytest.mark.parametrize("suffix", ["pdf", "html", "xml"])
def test_there_is_no_file_of_what_is_not_there(shop, number, suffix):
    assert shop.get(f"/invoices/{number}.{suffix}").status_code == 404


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("pdf?language=xx", "language"),
        ("pdf?language=", "language"),
        ("pdf?language=DE", "language"),
        ("pdf?language=de&language=fr", "language"),
        ("pdf?syntax=ubl", "syntax"),
        ("xml?syntax=edifact", "syntax"),
        ("xml?language=de", "language"),
    ],
)
def test_parameters_without_sense_are_refused(shop, issue, path, parameter):
    answer = shop.get(f"/invoices/{issue().number}.{path}")

    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


@pytest.mark.parametrize("accept", ["application/pdf", "text/html", "*/*", "image/png"])
def test_the_address_says_what_one_gets_whatever_is_accepted(shop, issue, accept):
    answer = shop.get(f"/invoices/{issue().number}.pdf", headers={"accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
def test_an_invoice_without_addresses_has_no_xml_and_says_what_is_missing(shop, issue, syntax, settings):
    settings.INVOICE_ISSUER = {"name": "Mugs & Sons", "address": "1 Street", "tax_id": "GB1"}
    invoice = issue(currency="BHD")

    answer = shop.get(f"/invoices/{invoice.number}.xml?syntax={syntax}")

    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == "urn:orderflow:problem:no-electronic-invoice"
    pointers = [error["pointer"] for error in problem["errors"]]
    assert pointers == ["/currency", "/issuer/country", "/bill_to/name", "/bill_to/country", "/issuer/legal_id"]
    assert not StoredDocument.objects.exists()
    assert shop.get(f"/invoices/{invoice.number}.pdf").status_code == 200


@pytest.mark.parametrize(("syntax", "root"), [("ubl", b"Invoice"), ("cii", b"CrossIndustryInvoice")])
def test_an_invoice_with_addresses_has_xml(shop, issue, syntax, root):
    buyer = Party(name="Tea & Co <Ltd>", lines=["2 Road"], postal_code="E1 6AN", city="London", country="GB")
    invoice = issue(bill_to=buyer, ship_to=Party(name="Shed", lines=["3 Road"], city="Leeds", country="GB"))

    answer = shop.get(f"/invoices/{invoice.number}.xml?syntax={syntax}")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml")
    document = etree.fromstring(answer.content)
    assert etree.QName(document).localname.encode() == root
    assert b"Tea &amp; Co &lt;Ltd&gt;" in answer.content
    assert b"Leeds" in answer.content
    assert get_xml_from_pdf(shop.get(f"/invoices/{invoice.number}.pdf").content, check_xsd=True)[0] == "factur-x.xml"


def test_a_page_may_load_and_run_nothing(shop, issue):
    policy = shop.get(f"/invoices/{issue().number}.html")["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_files_are_only_read(shop, issue, method):
    assert getattr(shop, method)(f"/invoices/{issue().number}.pdf").status_code == 405
