"""Running manage.py in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).parents[1]


def manage(*arguments: object, stdout: int = subprocess.PIPE, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, on this test's database and without a Kafka."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url(), "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"} | settings,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def database_url(**changed: str) -> str:
    """The URL of this test's database, with another USER, PASSWORD, HOST, PORT or NAME if wanted."""
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict | changed)
