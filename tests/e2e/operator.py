"""Whoever looks at a system that is not well, and mends it."""

import json
from http.cookies import SimpleCookie
from typing import Any

from devstack.ports import LOOPBACK
from tests.e2e.system import System


class Operator:
    """Who looks at a system by `doctor`, and as the admin with a browser."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._cookies: SimpleCookie = SimpleCookie()

    def findings(self) -> dict[str, dict[str, str]]:
        """What `doctor` finds that is not ok, by check."""
        return {each["check"]: each for each in self._report() if each["status"] != "ok"}

    def findings_of(self, check: str) -> list[dict[str, str]]:
        """All that `doctor` finds about one thing."""
        return [each for each in self._report() if each["check"] == check]

    def _report(self) -> list[dict[str, str]]:
        report = json.loads(self._system.manage("doctor", "--json", check=False).stdout)
        found: list[dict[str, str]] = report["findings"]
        return found

    def follow(self, advice: str) -> str:
        """Run the command that an advice is; what it says."""
        return self._system.manage(*advice.removeprefix("manage.py ").split()).stdout

    def page(self, path: str) -> str:
        """The text of a page; logs in before the first."""
        if "sessionid" not in self._cookies:
            self._log_in()
        answer = self.send("GET", path)
        assert answer.status == 200, (path, answer.status)
        return str(answer.data.decode())

    def send(self, method: str, path: str, *, dialog: bool = False, **fields: str) -> Any:
        """Follow a link, or send a form, or ask for a dialog; the answer, which may be a redirection."""
        cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in self._cookies.items())
        token = self._cookies["csrftoken"].value if "csrftoken" in self._cookies else ""
        answer = self._system.http.request_encode_body(
            method,
            f"http://{LOOPBACK}:{self._system.port}{path}",
            fields=fields | {"csrfmiddlewaretoken": token} if method == "POST" else {},
            encode_multipart=False,
            headers={"Cookie": cookies} | ({"HX-Request": "true"} if dialog else {}),
            redirect=False,
        )
        for value in answer.headers.getlist("Set-Cookie"):
            self._cookies.load(value)
        return answer

    def _log_in(self) -> None:
        self.send("GET", "/admin/login/")
        self.send("POST", "/admin/login/?next=/admin/", username="admin", password="only-for-tests")
        assert "sessionid" in self._cookies
