"""Sending the forms of the admin's own pages."""

import re
from collections.abc import Mapping
from uuid import uuid4


def send(client, address: str, entered: Mapping[str, object], *, key: str = ""):
    """Send a form with a new idempotency key, or with a given one."""
    return client.post(address, {"submission": key or str(uuid4()), **entered})


def shown_key(response) -> str:
    """The idempotency key of a page's form."""
    (key,) = re.findall(r'name="submission" value="([^"]+)"', response.content.decode())
    return key


def errors(response) -> dict[str, list[str]]:
    """The errors of a form by field; `__all__` are those of the form as a whole."""
    assert response.status_code == 200
    return {name: [str(error) for error in found] for name, found in response.context["form"].errors.items()}


def told(client, response) -> list[str]:
    """The messages on the page that a successful form redirects to."""
    assert response.status_code == 302
    return [str(message) for message in client.get(response.headers["Location"]).context["messages"]]
