"""Routes whose trailing slash is optional."""

from rest_framework.routers import SimpleRouter


class Router(SimpleRouter):
    """DRF's, except that a path may end with a slash; links are made without."""

    def __init__(self) -> None:
        super().__init__(use_regex_path=True)
        self.trailing_slash = "/?"
