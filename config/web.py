"""The web server: `python -m config.web`. Each of its workers loads config.asgi, and one that dies is started again.

What a worker admits and rejects is in config/asgi.py, its limits in config/settings.py.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket
from types import ModuleType

from common.streams import end_interrupted, open_closed_streams
from config.metrics_folder import count_alone_without_room, metrics_folder
from config.settings_module import choose_settings, require_settings

BACKLOG = 1024  # connections that wait in the kernel to be accepted
GRACE_SECONDS = 6  # for requests that are under way at SIGTERM
FROZEN_SECONDS = 60  # of silence, after which a worker is given up for another one


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    open_closed_streams()
    try:
        with metrics_folder():
            choose_settings()
            require_settings()
            settings = import_module("config.settings")  # ends the server, not each worker, where one of them is wrong
            _serve(_parser(settings).parse_args(arguments))
    except KeyboardInterrupt:  # while everything is loaded
        end_interrupted()


def _serve(options: argparse.Namespace) -> None:
    """Serve. What takes long to load is imported here, where Ctrl-C is expected."""
    import structlog
    from uvicorn import Config

    from serving.supervisor import Supervisor

    config = Config(
        "config.asgi:application",
        host=options.host,
        port=options.port,
        workers=options.workers,
        http="serving.protocol:LimitedProtocol",
        loop="serving.listener:EventLoop",
        ws="none",
        lifespan="on",
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # Django looks at X-Forwarded-Proto, where it is told that a proxy sets it
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=FROZEN_SECONDS,
    )
    listener = _bound_socket(options.host, options.port)
    structlog.get_logger(__name__).info("web_starts", host=options.host, port=listener.getsockname()[1])
    Supervisor(config, [listener]).run()


def _bound_socket(host: str, port: int) -> socket:
    """The socket of all workers, which listen on it once they have loaded.

    uvicorn's own function ends with "Address already in use", and says neither which nor by what setting.
    """
    bound = socket(AF_INET6 if ":" in host else AF_INET)
    bound.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        sys.exit(f"orderflow: WEB_HOST and WEB_PORT: nothing can listen at {host}, port {port}: {reason}")
    return bound


def _parser(settings: ModuleType) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config.web", description="Serve HTTP until SIGTERM.")
    add = parser.add_argument
    add("--host", default=settings.WEB_HOST, help="address to listen on (WEB_HOST: %(default)s)")
    add("--port", type=int, default=settings.WEB_PORT, help="port to listen on (WEB_PORT: %(default)s)")
    add("--workers", type=int, default=settings.WEB_WORKERS, help="processes (WEB_WORKERS: %(default)s)")
    return parser


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":  # in a new worker, before anything else is loaded
    count_alone_without_room()
