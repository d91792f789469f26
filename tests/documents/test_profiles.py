"""The profile of an electronic invoice: the strictest that its data allows.

Reports of what others met: invoices that promised to be of Peppol, and broke what it asks of sellers of a country
(odoo/odoo#248130, odoo/odoo#255730).
"""

import pytest
from msgspec.structs import replace

from invoicing.documents.document import Contact, ElectronicAddress, Payment
from invoicing.documents.profiles import Profile, Syntax, profile_of
from tests.documents.shapes import BERLIN, BONN, PARIS, SOMEBODY, TO_BONN, credit_note, document

ITEM = (1, "1.00", "0.19", "S")
BY_MAIL = ElectronicAddress("EM", "a@b.example")


@pytest.mark.parametrize(
    ("different", "ubl", "cii"),
    [
        pytest.param({}, Profile.PEPPOL, Profile.EN16931, id="both on Peppol"),
        pytest.param({"buyer": SOMEBODY}, Profile.EN16931, Profile.EN16931, id="a buyer without an address"),
        pytest.param(
            {"buyer": replace(PARIS, electronic_address=BY_MAIL)},
            Profile.EN16931,
            Profile.EN16931,
            id="a buyer who takes e-mails",
        ),
        pytest.param({"order_reference": ""}, Profile.EN16931, Profile.EN16931, id="no reference of the buyer"),
        pytest.param(TO_BONN, Profile.XRECHNUNG, Profile.XRECHNUNG, id="a German office"),
        pytest.param({"buyer": BONN}, Profile.EN16931, Profile.EN16931, id="a German office's route is missing"),
        pytest.param(TO_BONN | {"payment": Payment()}, Profile.EN16931, Profile.EN16931, id="no account"),
        pytest.param(
            TO_BONN | {"seller": replace(BERLIN, contact=Contact(name="A", phone="12", email="a@b.example"))},
            Profile.EN16931,
            Profile.EN16931,
            id="a phone number that is none",
        ),
        pytest.param(
            TO_BONN | {"delivery": replace(PARIS, postal_code="")}, Profile.EN16931, Profile.EN16931, id="half a place"
        ),
    ],
)
def test_the_profile_is_the_strictest_that_can_be_kept(different, ubl, cii):
    made = document(ITEM, **different)

    assert (profile_of(made, Syntax.UBL), profile_of(made, Syntax.CII)) == (ubl, cii)


def test_a_credit_note_which_is_not_due_on_a_day_is_no_xrechnung_as_cii():
    """BR-CO-25 (ConnectingEurope/eInvoicing-EN16931#477, ZUGFeRD/mustangproject#550)."""
    note = credit_note(document(ITEM, **TO_BONN))

    assert (profile_of(note, Syntax.UBL), profile_of(note, Syntax.CII)) == (Profile.XRECHNUNG, Profile.EN16931)


OSLO = {"country": "NO", "vat_id": "NO995525828MVA", "electronic_address": ElectronicAddress("0192", "995525828")}
STOCKHOLM = {"country": "SE", "legal_id": "", "electronic_address": ElectronicAddress("0007", "5560360793")}
ROME = {"country": "IT", "vat_id": "IT00743110157", "electronic_address": ElectronicAddress("0211", "IT00743110157")}
UTRECHT = {"country": "NL", "legal_id": "", "electronic_address": ElectronicAddress("0106", "12345678")}
AT_HOME = {"buyer": replace(PARIS, country="NL", postal_code="")}


@pytest.mark.parametrize(
    ("seller", "different", "rate", "is_of_peppol"),
    [
        (OSLO, {}, "0.25", True),
        (OSLO | {"vat_id": "NO995525828"}, {}, "0.25", False),
        (STOCKHOLM, {}, "0.25", True),
        (STOCKHOLM | {"legal_id": "5560360793"}, {}, "0.25", True),
        (STOCKHOLM | {"legal_id": "556036-0793"}, {}, "0.25", False),
        (STOCKHOLM, {}, "0.2", False),
        (ROME, {}, "0.22", True),
        (ROME | {"postal_code": ""}, {}, "0.22", False),
        (ROME | {"tax_id": "123"}, {}, "0.22", False),
        (UTRECHT, {}, "0.21", True),
        (UTRECHT | {"legal_id": "12345678"}, {}, "0.21", False),
        (UTRECHT, {"payment": Payment()}, "0.21", False),
        (UTRECHT, AT_HOME, "0.21", False),
        ({"country": "DK"}, {}, "0.25", False),
        ({"country": "GR"}, {}, "0.24", False),
        ({"country": "IS"}, {}, "0.24", False),
        ({}, {"buyer": replace(PARIS, country="DE")}, "0.19", False),
    ],
)
def test_peppol_is_promised_where_the_rules_of_the_sellers_country_are_kept(seller, different, rate, is_of_peppol):
    made = document((1, "1.00", rate, "S"), seller=replace(BERLIN, **seller), **different)

    assert (profile_of(made, Syntax.UBL) is Profile.PEPPOL) == is_of_peppol


@pytest.mark.parametrize(
    ("scheme", "good", "bad"),
    [
        ("0007", "5560360793", "5560360794"),
        ("0088", "4006381333931", "4006381333930"),
        ("0096", "1234567890", "17"),
        ("0151", "51824753556", "51 824 753 556"),
        ("0184", "DK13585628", "1"),
        ("0192", "995525828", "995525829"),
        ("0198", "DK13585628", "13585628"),
        ("0208", "0428759497", "0428759498"),
    ],
)
def test_peppol_is_promised_for_addresses_that_it_takes(scheme, good, bad):
    """PEPPOL-COMMON-R040 to -R053: the address of a scheme with a check digit must have the right one."""

    def is_promised(value: str) -> bool:
        buyer = replace(PARIS, electronic_address=ElectronicAddress(scheme, value))
        return profile_of(document(ITEM, buyer=buyer), Syntax.UBL) is Profile.PEPPOL

    assert (is_promised(good), is_promised(bad)) == (True, False)


@pytest.mark.parametrize("scheme", ["EM", "AN", "0037", "0215"])
def test_schemes_that_only_the_norm_has_are_not_of_peppol(scheme):
    buyer = replace(PARIS, electronic_address=ElectronicAddress(scheme, "a@b.example"))

    assert profile_of(document(ITEM, buyer=buyer), Syntax.UBL) is Profile.EN16931
