"""Asking a person something before rows are changed: on the page of one row, and for a selection in a list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from django.contrib import admin
from django.db.models import Model
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.dataclasses import UnfoldAction

from backoffice.formatting import admin_url
from backoffice.panels import Panel
from backoffice.viewing import first_open

M = TypeVar("M", bound=Model)


def existing(row: M | None) -> M:
    """Raises:
    Http404: the row is gone.
    """
    if row is None:
        raise Http404
    return row


def leave_dialog(model: str, object_id: str) -> HttpResponse:
    """Back to the page of a row of `model`, "app.name", for htmx, which sent the dialog."""
    return HttpResponse(headers={"HX-Redirect": first_open(admin_url(model, object_id))})


def possible_actions(actions: Iterable[UnfoldAction], possible: Mapping[str, bool]) -> list[UnfoldAction]:
    """The buttons of a page that `possible` allows, by the names of their methods."""
    return [each for each in actions if any(name in each.action_name and possible[name] for name in possible)]


def ask_about_selection(
    request: HttpRequest,
    *,
    model: type[Model],
    action: str,
    selected: Iterable[object],
    form: Form,
    title: str,
    description: str,
    submit: str,
    variant: str,
    back: str,
    panels: Sequence[Panel] = (),
) -> HttpResponse:
    """The page with a form that sends the action of a list once more, with its answers.

    Args:
        action: its name in the list.
        selected: primary keys.
        submit, back: what the buttons say; `variant` is unfold's, of the first.
    """
    context = admin.site.each_context(request) | {
        "title": title,
        "opts": model._meta,
        "description": description,
        "form": form,
        "action": action,
        "selected": [str(each) for each in selected],
        "submit_text": submit,  # `submit` is a parameter of the button, whose value would be shown
        "variant": variant,
        "back": back,
        "panels": panels,
    }
    return TemplateResponse(request, "backoffice/selection.html", context)
