"""Whether the process of this container is well: exit status 0 or 1, and a line that says why.

A consumer or relay has HEARTBEAT_FILE set and touches that file while it is well. Without it, this is a web server, and
well while it answers: not "ready", since a new container would not bring back a database that is away. An empty setting
is one that is not set, as for the process itself.
"""

import http.client
import os
import sys
import time
from pathlib import Path

HEARTBEAT_LIMIT = 30.0  # seconds
WEB_LIMIT = 4.0  # seconds, less than the health check's own
# Where a server that listens on all addresses is asked.
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing listens here


def problem_of_heartbeat(file: Path) -> str | None:
    """What is wrong with a process that should touch `file`."""
    try:
        age = time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return "no heartbeat yet: HEARTBEAT_FILE is for consumers and relays, a web server touches none"
    if age < -HEARTBEAT_LIMIT:  # the clock was set back, and nobody has touched it since
        return f"the last heartbeat is {-age:.0f} s in the future"
    return f"no heartbeat for {age:.0f} s" if age > HEARTBEAT_LIMIT else None


def problem_of_web(host: str, port: int) -> str | None:
    """What is wrong with the web server of this container."""
    # Not urllib.request, which would ask the proxy that HTTP_PROXY names.
    connection = http.client.HTTPConnection(LOOPBACK.get(host, host), port, timeout=WEB_LIMIT)
    try:
        connection.request("GET", "/health/live")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}; any process but the web server needs HEARTBEAT_FILE"
    finally:
        connection.close()
    return None if status == 200 else f"/health/live answers {status}"


def main() -> None:
    if heartbeat := os.environ.get("HEARTBEAT_FILE"):
        sys.exit(problem_of_heartbeat(Path(heartbeat)))
    # The defaults of config/settings.py.
    sys.exit(problem_of_web(os.environ.get("WEB_HOST") or "127.0.0.1", int(os.environ.get("WEB_PORT") or 8000)))


if __name__ == "__main__":
    main()
