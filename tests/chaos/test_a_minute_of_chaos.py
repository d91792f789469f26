"""A minute of what `make chaos` does for as long as one likes."""

import pytest

from devstack.console import silent
from tests.chaos.faults import KINDS
from tests.chaos.run import Chaos, run
from tests.chaos.table import as_text

SEED = 39  # of nine kinds eight, on all but one service


@pytest.mark.e2e
def test_in_a_minute_of_faults_nothing_is_lost_doubled_or_oversold(tmp_path):
    outcome = run(Chaos(SEED, 60, list(KINDS)), tmp_path, tmp_path, silent)

    print(as_text(outcome))
    known = outcome.journal.outcomes()
    assert outcome.findings == []
    assert outcome.faults.total() >= 10
    assert known["accepted"] > 200
    assert known["refused"] > 10
    assert outcome.figures["  rejected"] > 10
    assert outcome.figures["  waited, and served"] > 0
    assert outcome.figures["invoices"] > 100
    for kind, steps in outcome.journal.steps_by_kind().items():
        assert steps["done"] > 0, kind
