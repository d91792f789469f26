"""Sending the forms of the admin."""

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


def shown_left(response) -> str:
    """What a page with quantities says that was left when it was shown."""
    (left,) = re.findall(r'name="left_when_shown" value="([^"]+)"', response.content.decode())
    return left


def errors(response) -> dict[str, list[str]]:
    """The errors of a form by field; `__all__` are those of the form as a whole."""
    assert response.status_code == 200
    return {name: [str(error) for error in found] for name, found in response.context["form"].errors.items()}


def told(client, response) -> list[str]:
    """The messages on the page that a successful form redirects to."""
    assert response.status_code == 302
    return [str(message) for message in client.get(response.headers["Location"]).context["messages"]]


def entered(page) -> dict[str, object]:
    """What a browser would send of a page's form, with the hidden fields of what it showed."""
    form = page.context["adminform"].form
    sent: dict[str, object] = {}
    for field in form:
        if not field.field.disabled:
            for shown in (False, True) if field.field.show_hidden_initial else (False,):
                sent |= _inputs(field, shown=shown)
    return {name: value for name, value in sent.items() if value not in (None, False, [])}


def _inputs(field, *, shown: bool) -> dict[str, object]:
    name = field.html_initial_name if shown else field.html_name
    widget = field.field.hidden_widget() if shown else field.field.widget
    value = field.value()
    if hasattr(widget, "decompress"):
        parts = [str(part or "").partition(".")[0] for part in widget.decompress(value)]  # a time goes to the second
        return {f"{name}_{place}": part for place, part in enumerate(parts)}
    if isinstance(value, list | tuple):
        return {name: [getattr(each, "pk", each) for each in value]}
    return {name: ("on" if not shown else "True") if value is True else value}
