"""The health check of the containers, as they run it: a process of its own."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

HEALTH = Path(__file__).resolve().parents[2] / "deploy" / "health.py"


def health(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HEALTH], env=os.environ | environment, capture_output=True, text=True, check=False, timeout=30
    )


def test_a_process_that_touched_its_heartbeat_is_well(tmp_path: Path):
    (tmp_path / "heartbeat").touch()

    assert health(HEARTBEAT_FILE=str(tmp_path / "heartbeat")).returncode == 0


def test_a_process_that_stopped_touching_its_heartbeat_is_not_well(tmp_path: Path):
    (tmp_path / "heartbeat").touch()
    os.utime(tmp_path / "heartbeat", (time.time() - 60,) * 2)

    answer = health(HEARTBEAT_FILE=str(tmp_path / "heartbeat"))

    assert answer.returncode == 1
    assert answer.stderr.startswith("no heartbeat for 6")


# dsx-ai-factory/nv-config-manager#171: after a clock was set back, a process that hung was well for as long.
def test_a_heartbeat_from_the_future_is_none_but_a_clock_may_be_corrected_a_little(tmp_path: Path):
    (tmp_path / "heartbeat").touch()
    os.utime(tmp_path / "heartbeat", (time.time() + 3600,) * 2)

    answer = health(HEARTBEAT_FILE=str(tmp_path / "heartbeat"))

    assert answer.returncode == 1
    assert re.fullmatch(r"the last heartbeat is 3[56]\d\d s in the future\n", answer.stderr)
    os.utime(tmp_path / "heartbeat", (time.time() + 2,) * 2)
    assert health(HEARTBEAT_FILE=str(tmp_path / "heartbeat")).returncode == 0


def test_a_process_that_never_touched_its_heartbeat_is_not_well(tmp_path: Path):
    answer = health(HEARTBEAT_FILE=str(tmp_path / "heartbeat"))

    assert answer.returncode == 1
    assert answer.stderr.startswith("no heartbeat yet: HEARTBEAT_FILE is for consumers and relays")


@contextmanager
def answering(status: int, host: str = "127.0.0.1") -> Iterator[int]:
    """The port of a web server whose liveness has this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/live" else 404)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer((host, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_a_web_server_that_answers_is_well_whatever_proxy_there_is():
    with answering(200) as port:
        assert health(HEARTBEAT_FILE="", WEB_PORT=str(port), http_proxy="http://127.0.0.1:9").returncode == 0


def test_a_web_server_that_answers_with_an_error_is_not_well():
    with answering(500) as port:
        answer = health(HEARTBEAT_FILE="", WEB_PORT=str(port))

    assert (answer.returncode, answer.stderr) == (1, "/health/live answers 500\n")


def test_a_web_server_that_does_not_answer_is_not_well():
    answer = health(HEARTBEAT_FILE="", WEB_PORT="9")

    assert answer.returncode == 1
    assert answer.stderr.startswith("no answer: ")


@pytest.mark.parametrize(
    ("address", "setting"), [("127.0.0.2", "127.0.0.2"), ("127.0.0.1", "0.0.0.0"), ("127.0.0.1", "")]
)
def test_a_web_server_is_asked_where_it_listens(address: str, setting: str):
    """portainer/portainer-mcp#107, matter-js/matterjs-server#659."""
    with answering(200, address) as port:
        assert health(HEARTBEAT_FILE="", WEB_HOST=setting, WEB_PORT=str(port)).returncode == 0


def test_an_empty_port_is_the_default_one():
    """Which the web server takes for it, too."""
    answer = health(HEARTBEAT_FILE="", WEB_HOST="127.0.0.3", WEB_PORT="")

    assert answer.stderr.startswith("no answer: ")


def test_a_consumer_without_a_heartbeat_file_is_told_what_it_needs():
    """journiv/journiv-app#176: the image's check asks each container for a web server."""
    assert health(HEARTBEAT_FILE="", WEB_PORT="9").stderr.endswith("needs HEARTBEAT_FILE\n")
    commands = [
        line for line in HEALTH.parents[1].joinpath("Dockerfile").read_text().splitlines() if "docker run" in line
    ]
    assert all("HEARTBEAT_FILE" in line for line in commands if "manage.py" in line)
