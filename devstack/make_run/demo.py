"""The log-ins of the demo data, which a first run loads."""

import hashlib
import json
import os
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from devstack.errors import DevstackError
from devstack.files import read_json, write_json
from devstack.home import Home
from devstack.ports import LOOPBACK

ACCOUNT = "demo-account.json"


@dataclass(frozen=True)
class Account:
    """The log-ins of the demo: a user of the admin, and a token of an API client."""

    admin_user: str
    api_token: str


def database_key() -> str:
    """An id of the database that the demo data was loaded into: a hash of DATABASE_URL, or "own"."""
    url = os.environ.get("DATABASE_URL")
    return hashlib.sha256(url.encode()).hexdigest()[:16] if url else "own"


def known_account(home: Home) -> Account | None:
    """The log-ins, if the demo data was loaded before."""
    kept = read_json(home.folder / ACCOUNT)
    if kept.get("database") != database_key():
        return None
    return Account(str(kept["admin_user"]), str(kept["api_token"]))


def remember_account(home: Home, printed: str) -> Account:
    """Store the log-ins that `prepare --demo` printed: from now on the demo data counts as loaded.

    Raises:
        DevstackError: it printed no log-ins.
    """
    try:
        answer = json.loads(printed.strip().splitlines()[-1])
        account = Account(answer["admin_user"], answer["api_token"])
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise DevstackError("manage.py prepare --demo did not print its log-ins as one line of JSON") from error
    kept = {"database": database_key(), "admin_user": account.admin_user, "api_token": account.api_token}
    write_json(home.folder / ACCOUNT, kept)
    return account


def some_sku(port: int, token: str) -> str:
    """The sku of a product of the catalogue, for the example of a request."""
    try:
        connection = HTTPConnection(LOOPBACK, port, timeout=5)
        connection.request("GET", "/products", headers={"Authorization": f"Bearer {token}"})
        return str(json.load(connection.getresponse())["results"][0]["sku"])
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return "SKU"
