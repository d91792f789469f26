"""The readiness of the web server."""

from http.client import HTTPConnection, HTTPException

from devstack.ports import LOOPBACK
from devstack.processes.process import Process


def is_ready_at(port: int, web: Process) -> bool:
    """Whether this web server is ready; another program may have taken the port since it was found free."""
    return web.listens_on(port) and is_web_ready(port)


def is_web_ready(port: int) -> bool:
    """Whether /health/ready answers 200, whoever answers there."""
    connection = HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
