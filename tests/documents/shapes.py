"""Example documents of every shape, by name."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any

from msgspec.structs import replace

from common.money import exponent_of
from invoicing.documents.document import (
    Contact,
    Document,
    ElectronicAddress,
    Kind,
    Line,
    Party,
    Payment,
    Preceding,
    Tax,
)

BERLIN = Party(
    name="Becher & Söhne GmbH",
    street=("Straße der Becher 1",),
    postal_code="10115",
    city="Berlin",
    country="DE",
    vat_id="DE123456789",
    legal_id="HRB 4711",
    electronic_address=ElectronicAddress("9930", "DE123456789"),
    contact=Contact(name="Buchhaltung", phone="+49 30 1234567", email="rechnung@becher.example"),
)
# Small businesses have no VAT ID; what names them then is the number of their company.
SMALL = replace(BERLIN, vat_id="", tax_id="12/345/67890")
LONDON = Party(
    name="Mugs Ltd",
    street=("1 Mug Street", "Floor 3", "Door 7"),
    postal_code="E1 6AN",
    city="London",
    country="GB",
    vat_id="GB123456789",
    electronic_address=ElectronicAddress("9932", "GB123456789"),
)
PARIS = Party(
    name="Café « Été »",
    street=("Rue 1",),
    postal_code="75001",
    city="Paris",
    country="FR",
    vat_id="FR12345678901",
    electronic_address=ElectronicAddress("9957", "FR12345678901"),
)
BONN = Party(
    name="Stadt Bonn",
    street=("Markt 1",),
    postal_code="53111",
    city="Bonn",
    country="DE",
    electronic_address=ElectronicAddress("0204", "04011000-1234512345-06"),
)
SOMEBODY = Party(name="Somebody", country="GB")
BANK = Payment(iban="DE89370400440532013000", bic="COBADEFFXXX")
REASONS = {
    "AE": ("Reverse charge", "VATEX-EU-AE"),
    "K": ("Intra-community supply", "VATEX-EU-IC"),
    "G": ("Export outside the EU", "VATEX-EU-G"),
    "E": ("Exempt: education", ""),
}

# quantity, price, rate, category
Item = tuple[int, str, str, str]


def document(
    *items: Item,
    currency: str = "EUR",
    names: Mapping[int, str] | None = None,
    reasons: Mapping[str, tuple[str, str]] = REASONS,
    **different: Any,
) -> Document:
    """An invoice from Berlin to Paris; amounts are computed as orders do it: each line, then each rate, is rounded."""
    lines = tuple(_line(number, item, currency, names or {}) for number, item in enumerate(items, start=1))
    taxes = tuple(_taxes(lines, currency, reasons))
    net, tax = sum((each.net for each in taxes), Decimal(0)), sum((each.tax for each in taxes), Decimal(0))
    facts: dict[str, Any] = {
        "kind": Kind.INVOICE,
        "number": "INV-2026-000042",
        "issued_at": datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC),
        "issue_date": date(2026, 5, 1),
        "due_date": date(2026, 5, 31),
        "currency": currency,
        "seller": BERLIN,
        "buyer": PARIS,
        "customer_id": "C-1",
        "order_reference": "PO-4711",
        "lines": lines,
        "taxes": taxes,
        "net": net,
        "tax": tax,
        "total": net + tax,
        "payment": BANK,
    }
    return Document(**facts | different)


def credit_note(of: Document) -> Document:
    """The credit note of a whole invoice: like those that are issued, it has no due date."""
    return replace(
        of,
        kind=Kind.CREDIT_NOTE,
        number="CN-2026-000007",
        due_date=None,
        preceding=Preceding(of.number, of.issue_date),
        notes=("Broken on arrival",),
    )


def _line(number: int, item: Item, currency: str, names: Mapping[int, str]) -> Line:
    quantity, price, rate, category = item
    return Line(
        line_no=number,
        sku=f"SKU-{number}",
        name=names.get(number, f"Mug {number}"),
        quantity=quantity,
        unit_price=Decimal(price),
        tax_rate=Decimal(rate),
        tax_category=category,
        net=_rounded(quantity * Decimal(price), currency),
    )


def _taxes(lines: tuple[Line, ...], currency: str, reasons: Mapping[str, tuple[str, str]]) -> list[Tax]:
    def key(line: Line) -> tuple[str, Decimal]:
        return line.tax_category, line.tax_rate

    taxes = []
    for (category, rate), group in groupby(sorted(lines, key=key), key):
        net = sum((line.net for line in group), Decimal(0))
        reason, code = reasons.get(category, ("", ""))
        tax = _rounded(net * rate, currency)
        taxes.append(Tax(category=category, rate=rate, net=net, tax=tax, reason=reason, reason_code=code))
    return taxes


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-(exponent_of(currency) or 0)), ROUND_HALF_UP)


TO_BONN = {"buyer": BONN, "buyer_reference": "04011000-1234512345-06"}
ODD_NAMES = {
    1: "中文名称 日本語 한국어",
    2: "שלום עולם 123 (abc)",
    3: "مرحبا بالعالم 456",
    4: "<b>&amp;</b> ]]> *bold* #panic() $x^2$ \\ \"quoted\" 'x' @ref = ~",
    5: "A" * 200,
    6: "Mug, 50 % “red” 🍵 ∑ 𒀀",
}

SHAPES: Mapping[str, Callable[[], Document]] = {
    "one line": lambda: document((3, "2.55", "0.2", "S")),
    "many rates": lambda: document(*((n, "9.99", f"0.{n:02}", "S") for n in range(1, 26))),
    "zero totals": lambda: document((5, "0", "0.19", "S"), (1, "0", "0", "Z")),
    "zero rated and standard": lambda: document((1, "10.00", "0", "Z"), (2, "7.35", "0.055", "S")),
    "exempt": lambda: document((1, "99.90", "0", "E"), (1, "1.00", "0.19", "S")),
    "exempt by a code that there is not": lambda: document((1, "99.90", "0", "E"), reasons={"E": ("", "VATEX-EU-999")}),
    "addresses of schemes that there are not": lambda: document(
        (3, "2.55", "0.19", "S"),
        **TO_BONN
        | {
            "seller": replace(BERLIN, electronic_address=ElectronicAddress("9955", "SE556036079301")),
            "buyer": replace(BONN, electronic_address=ElectronicAddress("9999", "x")),
        },
    ),
    "within Germany, without all that XRechnung asks for": lambda: document((3, "2.55", "0.19", "S"), buyer=BONN),
    "from Denmark": lambda: document((3, "2.55", "0.25", "S"), seller=replace(BERLIN, country="DK")),
    "from Iceland": lambda: document((3, "2.55", "0.24", "S"), seller=replace(BERLIN, country="IS")),
    "from Greece": lambda: document((3, "2.55", "0.24", "S"), seller=replace(BERLIN, country="GR")),
    "from the Netherlands": lambda: document((3, "2.55", "0.21", "S"), seller=replace(BERLIN, country="NL")),
    "from the Netherlands, on Peppol": lambda: document(
        (3, "2.55", "0.21", "S"), seller=replace(BERLIN, country="NL", legal_id="")
    ),
    "from Norway": lambda: document(
        (3, "2.55", "0.25", "S"), seller=replace(BERLIN, country="NO", vat_id="NO995525828MVA")
    ),
    "from Sweden": lambda: document(
        (3, "2.55", "0.25", "S"), seller=replace(BERLIN, country="SE", vat_id="SE556036079301", legal_id="5560360793")
    ),
    "from Italy": lambda: document((3, "2.55", "0.22", "S"), seller=replace(BERLIN, country="IT")),
    "to a location number that is none": lambda: document(
        (3, "2.55", "0.19", "S"), buyer=replace(PARIS, electronic_address=ElectronicAddress("0088", "4006381333930"))
    ),
    "reverse charge": lambda: document((7, "100.00", "0", "AE")),
    "every category but within the community": lambda: document(
        *(
            (3, "2.55", "0.19", "S"),
            (1, "10.00", "0", "AE"),
            (2, "0", "0", "E"),
            (1, "5.55", "0", "G"),
            (1, "1", "0", "Z"),
        )
    ),
    "from a seller without a VAT ID": lambda: document((3, "2.55", "0.19", "S"), (1, "10.00", "0", "AE"), seller=SMALL),
    "within the community": lambda: document((7, "100.00", "0", "K")),
    "export": lambda: document((7, "100.00", "0", "G"), buyer=Party(name="Acme", city="Boston", country="US")),
    "prices of six decimals": lambda: document((3, "2.555", "0.2", "S"), (1_000_000, "0.000125", "0.2", "S")),
    "yen": lambda: document((3, "10.5", "0.1", "S"), (7, "333.333", "0.08", "S"), currency="JPY"),
    "pounds, from London, to somebody": lambda: document(
        (3, "2.55", "0.2", "S"), currency="GBP", seller=LONDON, buyer=SOMEBODY, due_date=None, payment=Payment()
    ),
    "to a German office": lambda: document((3, "2.55", "0.19", "S"), **TO_BONN),
    "delivered elsewhere": lambda: document((3, "2.55", "0.19", "S"), delivery=BONN, **TO_BONN),
    "675 lines": lambda: document(*((n % 7 + 1, f"{n % 90}.49", "0.2", "S") for n in range(675))),
    "odd names": lambda: document(*((1, "1.00", "0.2", "S") for _ in ODD_NAMES), names=ODD_NAMES, notes=("#x *y*",)),
    "credit note": lambda: credit_note(document((3, "2.55", "0.2", "S"))),
    "credit note to a German office": lambda: credit_note(document((3, "2.55", "0.19", "S"), **TO_BONN)),
    "credit note, reverse charge": lambda: credit_note(document((7, "100.00", "0", "AE"))),
}
# EN 16931 takes two decimals at most.
DINARS = document((3, "2.555", "0.1", "S"), currency="BHD")
