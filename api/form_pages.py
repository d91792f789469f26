"""Pages of the admin with a form of their own, which is carried out once, or says what is wrong with it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import Error, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from api.submissions import OnceForm, SentBefore
from backoffice.panels import Panel
from backoffice.viewing import first_open
from common.errors import FieldError, OrderflowError
from common.forms import sentence
from common.postgres import is_unavailable

BUSY = "The database is busy. Send this page again: it is carried out only once."
SENT_TWICE = "This was done already: the page was sent twice."


class PageForm(OnceForm):
    """A form that changes something.

    Attributes:
        title: of its page. It names what is changed, as people have several pages open.
        submit: what its button says.
        description: a line above the fields.
    """

    title = ""
    submit = ""
    description = ""

    def where_it_shows(self) -> str:
        """The address that shows what was done."""
        raise NotImplementedError

    def carry_out(self, request: HttpRequest) -> str:
        """Do it, in a transaction; what a person is told of it.

        Raises:
            OrderflowError: it can't be done.
        """
        raise NotImplementedError

    def field_of(self, error: FieldError) -> str | None:
        """The field at which an error is shown; None: above all."""
        name = error.pointer.rpartition("/")[2]
        return name if name in self.fields else None

    def show_error(self, error: OrderflowError) -> None:
        """Put what was rejected where a person looks for it."""
        for each in error.errors:
            if isinstance(each, FieldError):
                self.add_error(self.field_of(each), sentence(each.detail))
        if not error.errors:
            self.add_error(None, sentence(str(error)))

    def carry_out_once(self, request: HttpRequest) -> str | None:
        """What was done; None where it was rejected, with the reason among the form's errors.

        Raises:
            SentBefore: it is done already, from the same page.
        """
        try:
            with transaction.atomic():
                self.claim(request, self.where_it_shows())
                return self.carry_out(request)
        except ValidationError as error:
            self.reject(error)
        except OrderflowError as error:
            self.show_error(error)
        except Error as error:  # a lock that somebody holds for long, a database that goes down
            if not is_unavailable(error):
                raise
            self.add_error(None, BUSY)
        return None


def form_page(
    request: HttpRequest,
    form: PageForm,
    *,
    model: type[Model],
    back: str = "",
    panels: Sequence[Panel] = (),
    **context: Any,
) -> HttpResponse:
    """The form, and once it was carried out the page that shows it.

    Args:
        model: under whose name the page is shown.
        back: the address behind its second button; none: it has one button.
        panels: shown below the form.
    """
    if form.is_valid():
        try:
            done = form.carry_out_once(request)
        except SentBefore as before:
            messages.info(request, SENT_TWICE)
            return redirect(first_open(before.location, back))
        if done:
            messages.success(request, done)
            return redirect(first_open(form.where_it_shows(), back))
    shown = {"title": form.title, "opts": model._meta, "form": form, "back": back, "panels": panels}
    return TemplateResponse(request, "backoffice/form.html", admin.site.each_context(request) | shown | context)
