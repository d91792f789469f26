"""The web server: `python -m config.web`. Each of its workers loads config.asgi, and one that dies is started again."""

import argparse
import os
from collections.abc import Sequence
from importlib import import_module

from uvicorn import Config
from uvicorn.supervisors import Multiprocess

from config.metrics_folder import metrics_folder

WORKERS = 2
BACKLOG = 1024  # connections that wait in the kernel to be accepted
GRACE_SECONDS = 6  # for requests that are under way at SIGTERM
FROZEN_SECONDS = 60  # of silence, after which a worker is given up for another one


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _parser().parse_args(arguments)
    with metrics_folder():
        import_module("config.settings")  # ends the server, and not each of its workers, where one of them is wrong
        _serve(options)


def _serve(options: argparse.Namespace) -> None:
    config = Config(
        "config.asgi:application",
        host=options.host,
        port=options.port,
        workers=options.workers,
        http="serving.protocol:LimitedProtocol",
        loop="uvloop",
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
    Multiprocess(config, [config.bind_socket()]).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config.web", description="Serve HTTP until SIGTERM.")
    host, port = os.environ.get("WEB_HOST", "127.0.0.1"), os.environ.get("WEB_PORT", "8000")
    parser.add_argument("--host", default=host, help="address to listen on (WEB_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=int, default=port, help="port to listen on (WEB_PORT, else 8000)")
    workers = os.environ.get("WEB_WORKERS", WORKERS)
    parser.add_argument("--workers", type=int, default=workers, help=f"processes (WEB_WORKERS, else {WORKERS})")
    return parser


if __name__ == "__main__":
    main()
