"""The catalogue of defects keeps up with the code: `make defects` puts them in."""

from pathlib import Path

import pytest

from tests.defects.catalogue import DEFECTS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_can_still_be_put_in(defect):
    for change in defect.changes:
        assert change.fits(ROOT), f"{change.path} has changed: {change.before}"
        assert change.before != change.after


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_test_that_sees_a_defect_is_there(defect):
    path, *names = defect.test.split("[")[0].split("::")
    text = (ROOT / path).read_text()

    assert names
    for name in names:
        assert f"def {name}(" in text or f"class {name}" in text


def test_names_are_unique():
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)
