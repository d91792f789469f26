"""The PDF as a person sees it: all that is on the document, on pages that break where they should.

Reports of what others met: names over other columns and off the page (firegento/firegento-pdf#254,
fossasia/open-event-server#6119), rows and totals torn apart, headers that do not repeat or cover rows
(legions-developer/invoicely#77, odoo/odoo#221681, nopSolutions/nopCommerce#6885), names of other scripts as boxes
(InvoiceShelf/InvoiceShelf#438, wpovernight/woocommerce-pdf-invoices-packing-slips#479), letters that are markup
(InvoicePlane/InvoicePlane#872, sw00/billwarrior#3, peiTeX/qrbill#13).
"""

import io
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from invoicing.documents.fonts import shown
from invoicing.documents.formats import Format
from invoicing.documents.locales import locale_for
from invoicing.documents.rendering import render
from invoicing.documents.sheet import sheet_of
from invoicing.documents.typesetting import _compiler, pdf
from tests.documents.shapes import LONDON, PARIS, SHAPES, document

ITEM = (3, "2.55", "0.2", "S")
WIDE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="50">'
    '<rect width="50" height="50"/><rect x="950" width="50" height="50"/></svg>'
)


def pages(made) -> list[str]:
    """The texts of the pages of a PDF."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]


def paper(of) -> list[str]:
    return pages(pdf(sheet_of(of, locale_for(country="GB", language="", default="en-GB")), of.issued_at))


def lines_on(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"SKU-(\d+)", page)]


@pytest.mark.parametrize("count", [1, 20, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 60, 61, 62, 63, 64, 65, 66])
def test_totals_are_on_one_page_with_a_line_above_them(count):
    text = paper(document(*[ITEM] * count))

    ends = [page for page in text if "Total EUR" in page]
    assert len(ends) == 1
    assert "Total without VAT" in ends[0]
    assert lines_on(ends[0])[-1:] == [count]


def test_675_lines_are_all_there_in_their_order_under_headings_on_each_page():
    text = paper(SHAPES["675 lines"]())

    assert [number for page in text for number in lines_on(page)] == list(range(1, 676))
    assert all("Unit price" in page for page in text if lines_on(page))
    assert [f"Page {number} of {len(text)}" in page for number, page in enumerate(text, start=1)] == [True] * len(text)


def test_letters_that_could_be_markup_are_letters():
    name = '#panic("x") *bold* _it_ $x^2$ <b>&amp;</b> \\ @ref `raw` [x] // ~ = - + /* {{x}} %'

    (page,) = paper(document(ITEM, names={1: name}))

    assert "".join(name.split()) in "".join(page.split())


def test_a_word_that_is_longer_than_its_column_is_broken_and_covers_nothing():
    (page,) = paper(document(ITEM, names={1: "W" * 200}))

    rows = [len(row) for row in re.findall("W+", page)]
    assert sum(rows) == 200
    assert max(rows) <= 40  # about as many as the column takes


def test_an_amount_of_any_size_stays_one_number():
    """A long word is laid out in pieces; points and commas at their ends lay over the next piece."""
    text = "".join(paper(document((1_000_000, "999999999999", "0", "Z"), (1, "0.01", "0", "Z"))))

    assert "999,999,999,999,000,000.00" in text
    assert "Total EUR 999,999,999,999,000,000.01" in text


def test_a_logo_that_is_wider_than_its_place_is_all_there(settings, tmp_path):
    """By itself typst cuts off what is too wide: the first matrix of the page would make it 45 points high."""
    settings.INVOICE_LOGO = str(tmp_path / "logo.svg")
    Path(settings.INVOICE_LOGO).write_text(WIDE)
    _compiler.cache_clear()
    try:
        made = document(ITEM)
        sheet = sheet_of(made, locale_for(country="GB", language="", default="en-GB"))
        page = PdfReader(io.BytesIO(pdf(sheet, made.issued_at))).pages[0]
    finally:
        _compiler.cache_clear()

    scale, *_ = map(float, re.findall(rb"([0-9.]+) 0 0 -[0-9.]+ [0-9.]+ [0-9.]+ cm", page.get_contents().get_data()))
    assert scale * 1000 < 270  # points of the place beside the seller


def test_names_of_every_script_are_shown_and_what_no_font_has_is_named():
    (page,) = paper(SHAPES["odd names"]())

    assert "中文名称" in page
    assert "[U+12000]" in page
    assert "\ufffd" not in page


def test_whatever_character_there_is_a_document_can_be_made():
    """A PDF/A must not have a character without a glyph: then none can be made."""
    codes = [*range(0x20, 0x2400), *range(0x2400, sys.maxunicode, 53)]
    letters = [chr(code) for code in codes if unicodedata.category(chr(code))[0] in "LNPSM"]
    names = {n: "".join(letters[start : start + 400]) for n, start in enumerate(range(0, len(letters), 400), start=1)}

    assert paper(document(*[ITEM] * len(names), names=names))


# typst/typst#8667: a mark behind a letter that is read from the right can be a panic of the compiler.
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("\ufea5\u20e2", "U+20E2]"),
        ("a\U0001f3fd", "a[U+1F3FD]"),
        ("]\u0e33", "][U+0E33]"),
        ("a\u1680b", "a[U+1680]b"),
    ],
)
def test_a_character_that_goes_with_no_other_is_named(name, said):
    (page,) = paper(document(ITEM, names={1: name}))

    assert said in page


def test_what_fonts_have_stays_as_it_is():
    assert shown("Mug Ünï שלום مرحبا 中文 €") == "Mug Ünï שלום مرحبا 中文 €"
    assert shown("\U00012000") == "[U+12000]"


def test_the_same_document_gives_the_same_pages_whenever_they_are_made():
    made = document(ITEM)
    sheet = sheet_of(made, locale_for(country="FR", language="", default="en"))

    assert pdf(sheet, made.issued_at) == pdf(sheet, made.issued_at)


@pytest.mark.parametrize(
    ("country", "language", "total"),
    [
        ("FR", "", "Total TTC EUR"),
        ("DE", "", "Gesamtbetrag EUR"),
        ("AT", "", "Gesamtbetrag EUR"),
        ("ES", "", "Total EUR"),
        ("BE", "", "Totaal EUR"),
        ("IT", "", "Totale EUR"),
        ("JP", "", "Total EUR"),
        ("", "", "Total EUR"),
        ("FR", "de", "Gesamtbetrag EUR"),
    ],
)
def test_a_document_is_in_the_language_of_its_reader(country, language, total):
    made = document((1, "1234567.89", "0.2", "S"), buyer=replace(PARIS, country=country))

    sheet = sheet_of(made, locale_for(country=country, language=language, default="en-GB"))

    assert sheet.totals[-1][0] == total


@pytest.mark.parametrize(
    ("currency", "price", "shown_as"),
    [("JPY", "1234", "1,234"), ("GBP", "1234.5", "1,234.50"), ("BHD", "0.5", "0.500"), ("EUR", "0.000125", "0.000125")],
)
def test_a_price_has_at_least_the_decimals_of_its_currency(currency, price, shown_as):
    made = document((1, price, "0.2", "S"), currency=currency)

    row = sheet_of(made, locale_for(country="GB", language="", default="en")).rows[0]

    assert row.unit_price == shown_as


def test_digits_of_a_million_are_grouped_where_an_apostrophe_groups_them():
    made = document((1, "1234567.89", "0", "Z"), currency="CHF")

    assert sheet_of(made, locale_for(country="CH", language="", default="en")).totals[0][1] == "1’234’567.89"


def test_a_page_for_browsers_says_the_same_and_is_html_throughout():
    made = document(ITEM, names={1: "<script>alert(1)</script> & שלום"}, buyer=LONDON)

    page = render(made, Format.HTML, "en").decode()

    assert "&lt;script>alert(1)&lt;/script> &amp; שלום" in page
    assert "<script" not in page
    assert "Total EUR" in page
    assert "9.18" in page
