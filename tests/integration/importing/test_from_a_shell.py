"""The output of import commands: errors of one line, and only the report on stdout."""

import json
import os

import pytest

from tests.commands import manage
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_stdout_is_the_report_alone_although_kafka_is_away(write_orders):
    ProductFactory(sku="MUG")

    done = manage("import_orders", "--json", write_orders("R1,C-1,MUG,1", "R2,C-1,MUG,0"))

    assert done.returncode == 0
    assert (json.loads(done.stdout)["accepted"], json.loads(done.stdout)["refused"]) == (1, 1)
    assert "quantity must be a whole number from 1 to 1000000" in done.stderr


def test_a_file_that_is_not_there_is_one_line():
    done = manage("import_orders", "nowhere.csv")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "CommandError: nowhere.csv: No such file or directory\n"


@pytest.mark.parametrize("command", ["import_orders", "import_catalogue", "audit_pipeline"])
def test_a_database_that_is_away_is_one_line(write_orders, write, command):
    files = {
        "import_orders": [write_orders("R1,C-1,MUG,1")],
        "import_catalogue": [write("sku,name,unit_price,currency,tax_rate,on_hand", "A,A,1,GBP,0,1", name="c.csv")],
    }

    done = manage(command, *files.get(command, []), DATABASE_URL="postgres://nobody:x@127.0.0.1:9/nothing")

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("CommandError: PostgreSQL does not answer: ")


def test_a_reader_that_went_away_is_no_traceback(write_orders):
    reader, writer = os.pipe()
    os.close(reader)

    done = manage("import_orders", write_orders(), stdout=writer)
    os.close(writer)

    assert (done.returncode, done.stderr) == (1, "")
