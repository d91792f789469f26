"""Pages of the admin with a form of their own, as a person sends them."""

import re
from collections.abc import Mapping
from uuid import uuid4


def send(client, address: str, entered: Mapping[str, object], *, key: str = ""):
    """Send a page as from one of its own, unless it is given the key of another."""
    return client.post(address, {"submission": key or str(uuid4()), **entered})


def shown_key(response) -> str:
    """The key in the page that a person gets."""
    (key,) = re.findall(r'name="submission" value="([^"]+)"', response.content.decode())
    return key


def errors(response) -> dict[str, list[str]]:
    """What is wrong, by the names of fields; `__all__` is the page."""
    assert response.status_code == 200
    return {name: [str(error) for error in found] for name, found in response.context["form"].errors.items()}


def told(client, response) -> list[str]:
    """The messages on the page to which a form that was carried out leads."""
    assert response.status_code == 302
    return [str(message) for message in client.get(response.headers["Location"]).context["messages"]]
