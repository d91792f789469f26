"""The readiness of the web server."""

from http.client import HTTPConnection, HTTPException

from devstack.ports import LOOPBACK


def is_web_ready(port: int) -> bool:
    """Whether /health/ready answers 200."""
    connection = HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
