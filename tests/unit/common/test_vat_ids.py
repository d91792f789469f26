"""VAT identifiers: their form, by country."""

import pytest

from common.vat_ids import country_of, parse_vat_id


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("DE136695976", "DE136695976"),
        (" de 136.695-976 ", "DE136695976"),
        ("EL094259216", "EL094259216"),
        ("GR094259216", "EL094259216"),  # arthurdejong/python-stdnum#256, drahosistvan/vatvalidation#10
        ("XI432525179", "XI432525179"),  # NKoonen/vatchecker#14
        ("XIGD001", "XIGD001"),  # ibericode/vat#42
        ("GB432525179", "GB432525179"),
        ("FRK7399859412", "FRK7399859412"),
        ("FR53000004605", "FR53000004605"),  # one of Monaco
        ("IE1234567FA", "IE1234567FA"),  # the form since 2013
        ("NL004495445B01", "NL004495445B01"),
        ("ESX2482300W", "ESX2482300W"),
        ("CHE-107.787.577 MWST", "CHE107787577MWST"),
        ("CHE107787577", "CHE107787577"),
        ("NO995525828MVA", "NO995525828MVA"),
        ("NO995525828", "NO995525828"),
        ("US123456789", "US123456789"),  # no rules known: only that it may be one
    ],
)
def test_an_id_is_kept_without_separators_and_with_its_country(sent, kept):
    assert parse_vat_id(sent) == kept


@pytest.mark.parametrize(
    "sent",
    [
        *("", None, 7, "136695976", "DE", "DE136695977", "DE12345", "XX136695976", "FR136695976", "GB43252517"),
        *("D£136695976", "DE１３６６９５９７６", "XI123", "DE136695976\n"),
        "EU372042198",  # of no country: Dolibarr/dolibarr#30575
    ],
)
def test_what_has_not_its_countrys_form_is_refused(sent):
    with pytest.raises(ValueError, match="VAT id"):
        parse_vat_id(sent)


def test_greece_is_gr_everywhere_but_in_vat_ids():
    assert [country_of(vat_id) for vat_id in ("EL094259216", "XI432525179", "DE136695976")] == ["GR", "XI", "DE"]
