"""What an electronic invoice lacks is named, so that none is made that the official rules refuse.

Reports of what others met: a seller whom only a tax number names, and that is sent all the same
(pondersource/peppol-php#163).
"""

import pytest
from msgspec.structs import replace

from invoicing.documents.en16931 import missing
from tests.documents.shapes import BERLIN, SHAPES, SMALL, document


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
