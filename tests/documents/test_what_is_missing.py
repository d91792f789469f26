"""What an electronic invoice lacks is named, so that none is made that the official rules refuse.

Reports of what others met: a seller whom only a tax number names, and that is sent all the same
(pondersource/peppol-php#163), units that are on no list (pretix/python-drafthorse#90).
"""

import pytest
from msgspec.structs import replace

from invoicing.documents.codes import with_listed_codes
from invoicing.documents.document import ElectronicAddress
from invoicing.documents.en16931 import missing
from tests.documents.shapes import BERLIN, PARIS, SHAPES, SMALL, document


def pointers(**different) -> list[str]:
    category = different.pop("category", "S")
    made = document((1, "10.00", "0.19" if category == "S" else "0", category), **different)
    return [problem.pointer for problem in missing(made)]


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_missing_of_what_the_official_rules_take(shape):
    assert missing(SHAPES[shape]()) == []


@pytest.mark.parametrize("category", ["G", "K"])
def test_goods_that_leave_the_country_take_a_vat_id_of_the_seller(category):
    """BR-G-02, BR-IC-02: a tax number is not enough."""
    assert pointers(seller=SMALL, category=category) == ["/issuer/vat_id"]


def test_a_tax_number_alone_does_not_name_the_seller():
    """BR-CO-26."""
    assert pointers(seller=replace(SMALL, legal_id="")) == ["/issuer/legal_id"]


def test_a_company_number_alone_is_not_known_to_the_tax_office():
    assert pointers(seller=replace(BERLIN, vat_id="")) == ["/issuer/vat_id"]


@pytest.mark.parametrize("code", ["PCE", "KTM", "XX", "ABC"])
def test_a_unit_that_is_on_no_list_is_named(code):
    """BR-CL-23: a line must have a unit, so nothing can be left out."""
    made = document((1, "1.00", "0.19", "S"), (1, "1.00", "0.19", "S"))
    lines = (made.lines[0], replace(made.lines[1], unit_code=code))

    assert [problem.pointer for problem in missing(replace(made, lines=lines))] == ["/lines/1/unit_code"]


@pytest.mark.parametrize("code", ["C62", "KGM", "HUR", "XPK", "ZZ"])
def test_units_of_the_list_are_taken(code):
    made = document((1, "1.00", "0.19", "S"))

    assert missing(replace(made, lines=(replace(made.lines[0], unit_code=code),))) == []


def test_what_is_on_no_list_is_left_out_and_a_reason_stays_as_text():
    """BR-CL-25, BR-CL-22."""
    address = ElectronicAddress("9955", "SE556036079301")
    made = document((1, "1.00", "0", "E"), reasons={"E": ("", "VATEX-EU-999")})

    listed = with_listed_codes(replace(made, buyer=replace(PARIS, electronic_address=address)))

    assert listed.buyer == replace(PARIS, electronic_address=None)
    assert listed.seller == BERLIN
    assert [(tax.reason, tax.reason_code) for tax in listed.taxes] == [("VATEX-EU-999", "")]
