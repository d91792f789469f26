"""README.md has every setting in its table."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
READ = re.compile(r'env\.(?:flag|required|secret|strings?|number|choice|parsed)\(\s*"([A-Z_]+)"')
OF_THE_WEB_SERVER = {"PROMETHEUS_MULTIPROC_DIR"}  # which sets it for its workers, and nobody else does


def test_every_setting_that_is_read_is_in_the_table():
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("## Commands")[0]
    read = {name for file in (ROOT / "config").glob("*.py") for name in READ.findall(file.read_text())}

    assert len(read) > 40
    assert read - set(re.findall(r"`([A-Z_]+)`", table)) == OF_THE_WEB_SERVER
