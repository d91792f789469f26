"""The profile of an electronic invoice: the strictest that its data allows."""

import pytest
from msgspec.structs import replace

from invoicing.documents.document import Contact, ElectronicAddress, Payment
from invoicing.documents.profiles import Profile, Syntax, profile_of
from tests.documents.shapes import BERLIN, BONN, PARIS, SOMEBODY, TO_BONN, document

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
        pytest.param({"buyer": BONN}, Profile.PEPPOL, Profile.EN16931, id="a German office's route is missing"),
        pytest.param(TO_BONN | {"payment": Payment()}, Profile.PEPPOL, Profile.EN16931, id="no account"),
        pytest.param(
            TO_BONN | {"seller": replace(BERLIN, contact=Contact(name="A", phone="12", email="a@b.example"))},
            Profile.PEPPOL,
            Profile.EN16931,
            id="a phone number that is none",
        ),
        pytest.param(
            TO_BONN | {"delivery": replace(PARIS, postal_code="")}, Profile.PEPPOL, Profile.EN16931, id="half a place"
        ),
    ],
)
def test_the_profile_is_the_strictest_that_can_be_kept(different, ubl, cii):
    made = document(ITEM, **different)

    assert (profile_of(made, Syntax.UBL), profile_of(made, Syntax.CII)) == (ubl, cii)
