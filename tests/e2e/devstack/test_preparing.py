"""`manage.py prepare` before, while and after its servers start."""

import os
import subprocess

import psycopg2
import pytest

from devstack import product
from devstack.kafka.broker import Kafka
from devstack.postgres.server import OWNER, Postgres
from devstack.processes.command import Command
from devstack.processes.process import Process
from devstack.product import DEMO_ISSUER
from tests.e2e.system import ROOT
from tests.waiting import wait_until


@pytest.fixture
def postgres(tmp_path):
    postgres = Postgres(tmp_path / "postgresql")
    yield postgres
    postgres.kill()


@pytest.fixture
def kafka(tmp_path):
    kafka = Kafka(tmp_path / "kafka")
    yield kafka
    kafka.kill()


@pytest.fixture
def environment(postgres, kafka):
    given = {
        "DATABASE_URL": postgres.owner_url,
        "SECRET_KEY": "only-for-tests",
        "DEMO_ADMIN_PASSWORD": "only-for-tests",
    }
    return given | dict(kafka.environment) | DEMO_ISSUER


def prepare(given, *arguments):
    command = product.manage("prepare", *arguments)
    environment = os.environ | given
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)


def tables(postgres):
    connection = psycopg2.connect(postgres.admin_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'orders_order'")
            return cursor.fetchone()[0]
    finally:
        connection.close()


def test_it_may_begin_before_its_servers_and_uses_each_when_that_one_is_up(tmp_path, postgres, kafka, environment):
    output = tmp_path / "output"
    argv = product.manage("prepare", "--wait=240", "--demo")
    begun = Process(Command("prepare", argv, tmp_path / "log", environment=environment, folder=ROOT, output=output))
    begun.start()
    try:
        wait_until(lambda: "Migrating the database" in output.read_text(), within=120)
        postgres.start()
        postgres.wait_ready()
        wait_until(lambda: "Making sure the topics exist" in output.read_text(), within=120)
        assert tables(postgres) == 1
        kafka.start()
        kafka.wait_ready()
        wait_until(lambda: not begun.is_running, within=120)
    finally:
        begun.kill()

    assert begun.exit_status == 0, begun.log.read_text()
    assert '"api_token"' in output.read_text().splitlines()[-1]
    assert prepare(environment).stdout == "Migrating the database\nMaking sure the topics exist\n"


def test_servers_that_do_not_come_are_one_line(environment):
    done = prepare(environment, "--wait=0")

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: PostgreSQL does not answer")
    assert done.stderr.count("\n") == 1


def test_a_wrong_password_is_told_at_once_and_in_one_line(postgres, environment):
    postgres.start()
    postgres.wait_ready()
    wrong = {"DATABASE_URL": environment["DATABASE_URL"].replace(postgres.password(OWNER), "hunter2")}

    done = prepare(environment | wrong, "--wait=200000")

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: PostgreSQL refuses the log-in")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_replicas_that_start_together_prepare_one_after_the_other(postgres, kafka, environment):
    """arabold/docs-mcp-server#108, indico/indico-containers#24: all applied the same migrations at once, and failed."""
    for server in (postgres, kafka):
        server.start()
        server.wait_ready()
    command, given = product.manage("prepare"), os.environ | environment

    replicas = [
        subprocess.Popen(command, env=given, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = [replica.communicate(timeout=240) for replica in replicas]

    assert [replica.returncode for replica in replicas] == [0, 0, 0], told
    assert any("Waiting for another process that migrates this database" in log for _, log in told)
