"""How a line is taxed: one table of cases."""

from decimal import Decimal

import pytest

from common.parties import Party
from orders.catalogue import PricedProduct
from orders.tax_category import problems_of_taxation, sale_of, taxation_of

RATE = Decimal("0.19")


def product(category="", rate=RATE, **reasons):
    return PricedProduct("MUG", "Mug", Decimal(1), "EUR", rate, "C62", category, **reasons)


def party(country, postal_code=None, vat_id=None):
    return Party(name="Ada", lines=["1 Road"], city="Town", country=country, postal_code=postal_code, vat_id=vat_id)


def sold(issuer, buyer, ship_to=None, issuer_code=None):
    return sale_of(issuer_country=issuer, issuer_postal_code=issuer_code, bill_to=buyer, ship_to=ship_to)


MUG, BOOK, SERVICE = product(), product("Z", Decimal(0)), product("AE")
LESSON = product("E", Decimal(0), tax_reason="Education")
FR, NL_BUSINESS = party("FR"), party("NL", vat_id="NL004495445B01")


@pytest.mark.parametrize(
    ("sale", "of", "category"),
    [
        (None, MUG, "S"),
        (None, product(rate=Decimal(0)), "Z"),
        (None, LESSON, "E"),
        (None, SERVICE, "S"),
        # at home
        (sold("DE", party("DE")), MUG, "S"),
        (sold("DE", party("DE", vat_id="DE136695976")), MUG, "S"),
        (sold("DE", party("DE", vat_id="DE136695976")), SERVICE, "S"),
        (sold("DE", party("DE", vat_id="FR83404833048")), MUG, "S"),
        (sold("FR", party("MC")), MUG, "S"),
        (sold("GB", party("IM")), MUG, "S"),
        # within the EU
        (sold("DE", FR), MUG, "S"),
        (sold("DE", FR), BOOK, "Z"),
        (sold("DE", NL_BUSINESS), MUG, "K"),
        (sold("DE", NL_BUSINESS), BOOK, "K"),
        (sold("DE", NL_BUSINESS), SERVICE, "AE"),
        (sold("DE", NL_BUSINESS), LESSON, "E"),
        (sold("DE", party("GR", vat_id="EL094259216")), MUG, "K"),
        (sold("GR", party("GR", vat_id="EL094259216")), MUG, "S"),
        (sold("GR", party("DE", vat_id="EL094259216")), MUG, "S"),  # the seller's own state's id
        (sold("DE", party("FR", vat_id="DE136695976")), MUG, "S"),
        (sold("DE", party("FR", vat_id="GB432525179")), MUG, "S"),
        (sold("FR", party("DE"), ship_to=party("MC")), MUG, "S"),
        # goods go where they go, services where the buyer is: NKoonen/vatchecker#40, #35, shopware/shopware#15433
        (sold("DE", NL_BUSINESS, ship_to=party("DE")), MUG, "S"),
        (sold("DE", NL_BUSINESS, ship_to=party("DE")), SERVICE, "AE"),
        (sold("DE", NL_BUSINESS, ship_to=party("CH")), MUG, "G"),
        (sold("DE", party("CH"), ship_to=party("DE")), MUG, "S"),
        # out of the EU
        (sold("DE", party("CH")), MUG, "G"),
        (sold("DE", party("CH")), BOOK, "G"),
        (sold("DE", party("CH")), SERVICE, "G"),
        (sold("DE", party("CH")), LESSON, "E"),
        (sold("DE", party("US", vat_id="NL004495445B01")), MUG, "G"),
        # places of a member state outside its VAT area: polarsource/polar#8030, antiwork/gumroad#7704
        (sold("DE", party("ES", "35001", "ESX2482300W")), MUG, "G"),
        (sold("ES", party("ES", "38001")), MUG, "G"),
        (sold("DE", party("ES", "28001", "ESX2482300W")), MUG, "K"),
        (sold("DE", party("DE", "27498")), MUG, "G"),
        (sold("DE", party("IT", "23041")), MUG, "G"),
        # laravel/vat-calculator#137, #168: codes that places share with others, and Swiss ones
        (sold("IT", party("IT", "23030")), MUG, "S"),
        (sold("IT", party("IT", "22060")), MUG, "S"),
        (sold("DE", party("DE", "CH-8238")), MUG, "G"),
        (sold("DE", party("DE", "82380")), MUG, "S"),
        (sold("IT", party("IT", "CH-6911")), MUG, "G"),
        (sold("DE", party("GB", "BF1 2AT")), MUG, "S"),
        (sold("GB", party("GB", "BFPO 58")), MUG, "G"),
        (sold("GB", party("GB", "BFPO 5")), MUG, "S"),
        (sold("DE", party("AX")), MUG, "G"),
        (sold("DE", party("GP")), MUG, "G"),
        # Northern Ireland: in the EU for goods, with ids of XI: OCA/l10n-spain#4117
        # laravel/vat-calculator#187, #44: addresses that bear the code of the state and not that of the place
        (sold("DE", party("FR", "97110")), MUG, "G"),
        (sold("FR", party("FR", "97110")), MUG, "G"),
        (sold("FR", party("FR", "98800")), MUG, "G"),
        (sold("FR", party("FR", "98000")), MUG, "S"),  # Monaco
        (sold("FR", party("FR", "97150"), issuer_code="97110"), MUG, "G"),
        (sold("GP", party("FR", "97110")), MUG, "S"),
        (sold("DE", party("FI", "22100")), MUG, "G"),
        (sold("AX", party("FI", "22100")), MUG, "S"),
        (sold("GB", party("GB", "JE2 3AB")), MUG, "G"),
        (sold("GB", party("GB", "GY1 1AA")), MUG, "G"),
        (sold("GB", party("GB", "IM1 1AA")), MUG, "S"),
        (sold("DE", party("ES", "ES-35001")), MUG, "G"),
        (sold("DE", party("ES", "e - 35001")), MUG, "G"),
        (sold("DE", party("DE", "D-78266")), MUG, "G"),
        (sold("DE", party("GB", "BT1 1AA", "XI432525179")), MUG, "K"),
        (sold("DE", party("GB", "bt11aa")), MUG, "S"),
        (sold("DE", party("GB", "BT1 1AA", "XI432525179")), SERVICE, "G"),
        (sold("DE", party("GB", "BT1 1AA", "GB432525179")), MUG, "S"),
        (sold("DE", party("GB", "BS1 1AA", "GB432525179")), MUG, "G"),
        (sold("GB", party("GB", "BT1 1AA", "XI432525179")), MUG, "S"),
        (sold("GB", NL_BUSINESS, issuer_code="BT1 1AA"), MUG, "K"),
        (sold("GB", NL_BUSINESS, issuer_code="BT1 1AA"), SERVICE, "G"),
        # an issuer outside the EU
        (sold("GB", NL_BUSINESS), MUG, "G"),
        (sold("CH", party("CH")), MUG, "S"),
        (sold("GB", party("JE")), MUG, "G"),  # the Channel Islands: laravel/vat-calculator#44
    ],
)
def test_the_category_follows_from_product_buyer_and_issuer(sale, of, category):
    taxed = taxation_of(of, sale)

    assert taxed.category == category
    assert taxed.rate == (of.tax_rate if category in ("S", "Z", "E") else 0)
    assert (taxed.reason is None) == (category in ("S", "Z"))


def test_who_is_not_of_the_eu_has_no_reason_of_its_list():
    assert taxation_of(MUG, sold("GB", FR)).reason_code is None
    assert taxation_of(MUG, sold("DE", party("CH"))).reason_code == "VATEX-EU-G"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (product("S", Decimal(0)), "/tax_category"),
        (product("AE", Decimal(0)), "/tax_category"),
        (product("Z"), "/tax_category"),
        (product("E", tax_reason="Education"), "/tax_category"),
        (product("E", Decimal(0)), "/tax_reason"),
        # a reason of another category: fnfempe/France_RFE#31
        (product("E", Decimal(0), tax_reason_code="VATEX-EU-AE"), "/tax_reason_code"),
        (product("S", tax_reason="Education"), "/tax_reason"),
        (product("", tax_reason_code="VATEX-EU-132"), "/tax_reason"),
    ],
)
def test_a_contradictory_product_is_told_what_is_wrong(wrong, pointer):
    assert [problem.pointer for problem in problems_of_taxation(wrong)] == [pointer]
