"""Whether the process of this container is well: exit status 0 or 1, and a line that says why.

A consumer or relay has HEARTBEAT_FILE set and touches that file while it is well. Without it, this is a web server, and
well while it answers: not "ready", since a new container would not bring back a database that is away.
"""

import http.client
import os
import sys
import time
from pathlib import Path

HEARTBEAT_LIMIT = 30.0  # seconds
WEB_LIMIT = 4.0  # seconds, less than the health check's own


def problem_of_heartbeat(file: Path) -> str | None:
    """What is wrong with a process that should touch `file`."""
    try:
        age = time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return "no heartbeat yet"
    if age < -HEARTBEAT_LIMIT:  # the clock was set back, and nobody has touched it since
        return f"the last heartbeat is {-age:.0f} s in the future"
    return f"no heartbeat for {age:.0f} s" if age > HEARTBEAT_LIMIT else None


def problem_of_web(port: int) -> str | None:
    """What is wrong with the web server of this container."""
    # Not urllib.request, which would ask the proxy that HTTP_PROXY names.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WEB_LIMIT)
    try:
        connection.request("GET", "/health/live")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"
    finally:
        connection.close()
    return None if status == 200 else f"/health/live answers {status}"


def main() -> None:
    heartbeat = os.environ.get("HEARTBEAT_FILE")
    problem = problem_of_heartbeat(Path(heartbeat)) if heartbeat else problem_of_web(int(os.environ["WEB_PORT"]))
    sys.exit(problem)


if __name__ == "__main__":
    main()
