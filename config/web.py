"""The web server: `python -m config.web`, with the arguments of granian."""

from importlib import import_module

from config.metrics_folder import metrics_folder


def main() -> None:
    """Serve until a signal comes."""
    with metrics_folder():
        import_module("config.settings")  # ends the server, and not each of its workers, where one of them is wrong
        import_module("granian.cli").entrypoint()


if __name__ == "__main__":
    main()
