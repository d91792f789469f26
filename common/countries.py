"""Countries of ISO 3166-1, and territories for value added tax."""

import re
from collections.abc import Mapping

import pycountry
from stdnum.eu.vat import MEMBER_STATES

from common.text import trim

COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)
# With XI: Northern Ireland, which is in the United Kingdom and, for goods, in the VAT area of the EU.
EU_VAT_STATES = frozenset(state.upper() for state in MEMBER_STATES)

NORTHERN_IRELAND = "XI"
# Countries that are treated as a part of another one (Directive 2006/112/EC, article 7).
_TREATED_AS: Mapping[str, str] = {"MC": "FR", "IM": "GB"}
# Places that belong to a member state, and not to the VAT area (article 6), by the beginnings of their postal codes:
# the Canary Islands, Ceuta and Melilla; Büsingen and Heligoland; Livigno and Campione; Mount Athos. Livigno's code of
# before 2018, 23030, is also that of places around it, which are in the VAT area: so it does not count.
_OUTSIDE: Mapping[str, tuple[str, ...]] = {
    "ES": ("35", "38", "51", "52"),
    "DE": ("78266", "27498"),
    "IT": ("23041", "22061"),
    "GR": ("63086",),
}
# Büsingen and Campione as Swiss post has them, whole: 82380 is a place in Germany.
_OUTSIDE_BY_SWISS_CODE: Mapping[str, str] = {"DE": "8238", "IT": "6911"}
# Places with a country code of their own, which not all addresses bear: those of France overseas, the Åland Islands and
# the Channel Islands; and those of the British bases on Cyprus, which are treated as a part of it, in British forces'
# addresses. The longest beginning of a postal code counts.
_OWN_CODES: Mapping[str, Mapping[str, str]] = {
    "FI": {"22": "AX"},
    "FR": {
        "971": "GP",
        "97133": "BL",
        "97150": "MF",
        "972": "MQ",
        "973": "GF",
        "974": "RE",
        "975": "PM",
        "976": "YT",
        "977": "BL",
        "978": "MF",
        "984": "TF",
        "986": "WF",
        "987": "PF",
        "988": "NC",
    },
    "GB": {
        "BT": NORTHERN_IRELAND,
        "GY": "GG",
        "JE": "JE",
        "BF12AT": "CY",
        "BFPO57": "CY",
        "BF12AU": "CY",
        "BFPO58": "CY",
    },
}
# A country's code before a postal code, as on cars or of ISO 3166: E-35001, ES-35001.
_COUNTRY_BEFORE_CODE = re.compile(r"[A-Z]{1,3}-")
OUTSIDE = "-outside"  # behind the country of such a place


def parse_country(value: object) -> str:
    """The alpha-2 code of a country, trimmed.

    Raises:
        ValueError: ISO 3166-1 has no such code.
    """
    country = trim(value) if isinstance(value, str) else ""
    if country not in COUNTRIES:
        raise ValueError("must be a country code of ISO 3166-1 in capital letters, such as GB")
    return country


def vat_territory(country: str, postal_code: str | None) -> str:
    """The VAT territory of an address: the country's code, or that of the country it is treated as.

    XI is Northern Ireland; a place outside the VAT area of its member state is in no state: "ES-outside".
    """
    code = (postal_code or "").upper().replace(" ", "")
    if before := _COUNTRY_BEFORE_CODE.match(code):
        code = code[before.end() :]
    if own := max((begin for begin in _OWN_CODES.get(country, ()) if code.startswith(begin)), key=len, default=""):
        return _OWN_CODES[country][own]
    if code.startswith(_OUTSIDE.get(country, ())) or code == _OUTSIDE_BY_SWISS_CODE.get(country):
        return country + OUTSIDE
    return _TREATED_AS.get(country, country)
