"""The servers by which a Kafka cluster is reached, and whether each responds."""

import socket
import ssl
import struct

from django.conf import settings

from messaging.transport.kafka.connection import connection_settings

# The one request that a broker takes before a log-in: its length, ApiVersions, version 0, a number, and our name.
_API_VERSIONS = struct.pack(">ihhih9s", 19, 18, 0, 1, 9, b"orderflow")


def bootstrap_servers() -> list[str]:
    """Host and port of each, as the settings have them."""
    servers: list[str] = connection_settings()["bootstrap_servers"]
    return servers


def why_not_reached(server: str, *, timeout: float) -> str | None:
    """Why there is no TCP connection to `host:port`, or nobody who responds there, in words; None if there is."""
    host, _, port = server.strip().rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout) as connection:
            responds = _responds(connection)
    except socket.gaierror:
        return f"the host {host} is not known: DNS has no address of it"
    except ConnectionRefusedError:
        return f"{server} refuses connections: nothing listens there"
    except TimeoutError:
        return f"{server} does not answer within {timeout:.0f} s: the machine is away, or a firewall drops packets"
    except OSError as error:
        return f"{server} can't be reached: {error.strerror or error}"
    return None if responds else f"{server} accepts connections and does not respond: it hangs"


def _responds(connection: socket.socket) -> bool:
    """Whether somebody responds within the connection's time limit. Linux accepts connections for a frozen process."""
    try:
        if str(settings.KAFKA["security_protocol"]).endswith("SSL"):
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # who it is, others ask
            context.wrap_socket(connection).close()
        else:
            connection.sendall(_API_VERSIONS)
            connection.recv(1)
    except TimeoutError:
        return False
    except OSError:  # it does not want to talk to us, which whoever logs in is told in words
        return True
    return True
