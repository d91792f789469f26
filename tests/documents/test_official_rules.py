"""Documents of every shape pass the validators that tax offices and networks use.

EN 16931, Peppol BIS 3 and XRechnung by phive (schema and schematron), PDF/A-3b by veraPDF and Factur-X by Mustang: all
in one JVM, which takes a minute. Shapes that broke others: zero totals (speedata/einvoice#58), prices of many decimals
(odoo/odoo#255358, wpovernight/woocommerce-pdf-invoices-packing-slips#1422), amounts not of their currency's decimals
(alyf-de/eu_einvoice#141), sums a cent off (TeXhackse/LaTeX-ZUGFeRD#17), signs of credit notes
(ZUGFeRD/mustangproject#958), an ampersand in a name (TeXhackse/LaTeX-ZUGFeRD#59).
"""

from pathlib import Path

import pytest

from invoicing.documents.codes import with_listed_codes
from invoicing.documents.document import Document, Kind
from invoicing.documents.formats import Format
from invoicing.documents.profiles import Profile, Syntax, profile_of
from invoicing.documents.rendering import render
from tests.documents.shapes import SHAPES
from tests.validators.run import Job, require_java, validate

FILES = ("pdf", "ubl", "cii")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """What the validators say of each shape in each format, as `(shape, format)`."""
    require_java()
    folder = tmp_path_factory.mktemp("documents")
    jobs = {(shape, form): _jobs(folder, shape, form) for shape in SHAPES for form in FILES}
    found = validate([job for of_file in jobs.values() for job in of_file], folder)
    return {of: [f"{kind}: {found[path]}" for kind, path in of_file] for of, of_file in jobs.items()}


def _jobs(folder: Path, shape: str, form: str) -> list[Job]:
    """XML is validated by the rules that all keep, and by those that it promises to keep."""
    document = SHAPES[shape]()
    kinds = ["pdf"] if form == "pdf" else _rules(document, Syntax(form))
    jobs = []
    for kind in kinds:
        path = folder / f"{shape} {form} {kind}".replace(" ", "-").replace(",", "")
        path = path.with_suffix(".pdf" if form == "pdf" else ".xml")
        path.write_bytes(render(document, Format(form), ""))
        jobs.append((kind, path))
    return jobs


def _rules(document: Document, syntax: Syntax) -> list[str]:
    suffix = "-credit" if syntax is Syntax.UBL and document.kind is Kind.CREDIT_NOTE else ""
    profile = profile_of(with_listed_codes(document), syntax)
    names = ["en16931"] if profile is Profile.EN16931 else ["en16931", profile.name.lower()]
    return [f"{name}-{syntax}{suffix}" for name in names]


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_document_is_valid_by_the_official_rules(verdicts, shape, form):
    assert [verdict for verdict in verdicts[shape, form] if not verdict.endswith(": valid")] == []
