"""The files of the admin's pages, as collectstatic left them, by WhiteNoise."""

import threading
import time
from wsgiref.headers import Headers

from django.http import HttpResponse
from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

from serving.django_calls import Environ
from serving.exceptions import FileIsReadOnly, NoSuchFile

_SCAN_INTERVAL = 5.0  # seconds between scans of the folder for unknown files


class StaticFiles:
    """The files of a folder, below a path. For any thread."""

    def __init__(self, folder: str, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix
        self._scanning = threading.Lock()
        self._scanned_at = float("-inf")
        self._files: dict[str, StaticFile] = {}

    def respond(self, environ: Environ) -> HttpResponse:
        """A file, or a part of it, or 304 if the client has it.

        Raises:
            NoSuchFile: there is none at this path.
            FileIsReadOnly: the method is another than GET and HEAD.
        """
        file = self._find(environ["PATH_INFO"])
        if file is None:
            raise NoSuchFile
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            raise FileIsReadOnly
        found = file.get_response(method, environ)
        content = b"" if found.file is None else found.file.read()
        return HttpResponse(content, status=found.status, headers=dict(found.headers))

    def _find(self, path: str) -> StaticFile | None:
        """The file of a path. For an unknown one the folder is scanned again: collectstatic may have run since."""
        if path not in self._files:
            with self._scanning:
                if time.monotonic() - self._scanned_at >= _SCAN_INTERVAL:
                    self._scanned_at = time.monotonic()
                    self._files = self._scan()
        return self._files.get(path)

    def _scan(self) -> dict[str, StaticFile]:
        whitenoise = WhiteNoise(None, allow_all_origins=False, add_headers_function=_add_headers)
        whitenoise.add_files(self._folder, self._prefix)
        return dict(whitenoise.files)


def _add_headers(headers: Headers, path: str, url: str) -> None:  # noqa: ARG001 - WhiteNoise's signature
    headers["X-Content-Type-Options"] = "nosniff"
