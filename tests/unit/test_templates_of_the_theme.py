"""Templates that replace those of the theme say the same but for what they were made for: a new version is noticed."""

from pathlib import Path

import pytest
import unfold

from backoffice import __file__ as backoffice

OURS, THEIRS = (Path(package).parent / "templates" for package in (backoffice, unfold.__file__))


@pytest.mark.parametrize("name", ["admin/base.html", "unfold/layouts/base_simple.html"])
def test_the_landmark_of_the_page_is_all_that_differs(name):
    """The theme has no main landmark (WCAG 2.1, 1.3.1; axe-core's `landmark-one-main`)."""
    _, _, ours = (OURS / name).read_text().partition("#}\n")

    assert ours.count(' role="main"') == 1
    assert ours.replace(' role="main"', "") == (THEIRS / name).read_text()
