"""Forms of the admin by which a person changes stock: each is carried out once, or says what is wrong with it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from api.submissions import OnceForm, SentBefore
from inventory.exceptions import BookingRefused, UnknownSku
from inventory.models import StockItem


class StockForm(OnceForm):
    """A form that changes stock.

    Attributes:
        title: of its page.
        submit: what its button says.
    """

    title = ""
    submit = ""

    def where_it_shows(self) -> str:
        """The address that shows what was done."""
        raise NotImplementedError

    def carry_out(self, actor: str) -> str:
        """Do it, in a transaction; what a person is told of it.

        Raises:
            UnknownSku, BookingRefused: it can't be done.
        """
        raise NotImplementedError

    def show_refusal(self, error: BookingRefused) -> None:
        """Put what was refused where a person looks for it."""
        for one in error.refused:
            self.add_error(one.field if one.field in self.fields else None, f"{one.detail}.")

    def carry_out_once(self, request: HttpRequest) -> str | None:
        """What was done; None where it was refused, with the reason among the form's errors.

        Raises:
            SentBefore: it is done already, from the same page.
        """
        try:
            with transaction.atomic():
                self.claim(request, self.where_it_shows())
                return self.carry_out(request.user.get_username())
        except ValidationError as error:
            self.reject(error)
        except UnknownSku as error:
            self.add_error("sku", f"{error}.".capitalize())
        except BookingRefused as error:
            self.show_refusal(error)
        return None


def stock_page(request: HttpRequest, make: Callable[..., StockForm], **initial: Any) -> HttpResponse:
    """The form, and once it was carried out the page that shows it."""
    form = make(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            done = form.carry_out_once(request)
        except SentBefore:
            messages.info(request, "This was booked already: the page was sent twice.")
            return redirect(form.where_it_shows())
        if done:
            messages.success(request, done)
            return redirect(form.where_it_shows())
    context = admin.site.each_context(request) | {"title": form.title, "opts": StockItem._meta, "form": form}
    return TemplateResponse(request, "admin/inventory/stockitem/book.html", context)
