"""The files of the admin's pages, as collectstatic left them, by WhiteNoise."""

import threading
import time
from wsgiref.headers import Headers

from django.http import HttpResponse
from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

from serving.django_calls import Environ
from serving.exceptions import FileIsReadOnly, NoSuchFile

_LOOK_AGAIN_AFTER = 5.0  # seconds in which a file that is not known is not looked for on the disk again


class StaticFiles:
    """The files of a folder, below a path. For any thread."""

    def __init__(self, folder: str, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
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
        """Files may be collected while the server runs, so one that is not known is looked for."""
        if path not in self._files:
            with self._looking:
                if time.monotonic() - self._looked_at >= _LOOK_AGAIN_AFTER:
                    self._looked_at = time.monotonic()
                    self._files = self._look()
        return self._files.get(path)

    def _look(self) -> dict[str, StaticFile]:
        whitenoise = WhiteNoise(None, allow_all_origins=False, add_headers_function=_add_headers)
        whitenoise.add_files(self._folder, self._prefix)
        return dict(whitenoise.files)


def _add_headers(headers: Headers, path: str, url: str) -> None:  # noqa: ARG001 - WhiteNoise's signature
    headers["X-Content-Type-Options"] = "nosniff"
