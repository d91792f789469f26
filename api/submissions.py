"""Forms that book something: a page that is sent twice, by a double click or by a browser that reloads, books once."""

from typing import Any, NoReturn
from uuid import uuid4

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from api.idempotency import Claim, StoredResponse, claim, fingerprint_of, stored_response

_OUTDATED = "This page was out of date. Look whether its values are right, and send it again."
_REUSED = "This page was sent before, with other values, and those are booked. To book these as well, send it again."


class SentBefore(Exception):
    """The same page came before with the same values, and was carried out.

    Attributes:
        location: the address that shows what was done.
    """

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class OnceForm(forms.Form):
    """A form that is carried out once for each page that shows it: each page has a key of its own, in `submission`."""

    submission = forms.UUIDField(
        widget=forms.HiddenInput, initial=uuid4, error_messages=dict.fromkeys(("required", "invalid"), _OUTDATED)
    )

    def claim(self, request: HttpRequest, location: str) -> None:
        """Note in the caller's transaction that this page was carried out, which shows at `location`.

        Of two that come at once the second waits for the transaction of the first.

        Raises:
            SentBefore: carry out nothing.
            ValidationError: the page came before with other values.
        """
        own = self.own_claim(request, location)
        if not claim([own]):
            self.meet(own)

    def own_claim(self, request: HttpRequest, location: str) -> Claim:
        """The claim to store together with what this page does, which shows at `location`."""
        assert request.user.pk is not None
        values = msgspec.json.encode(self.cleaned_data, order="deterministic", enc_hook=str)
        response = StoredResponse(fingerprint_of("POST", request.path, values), 302, location, "{}")
        return Claim(request.user.pk, f"form-{self.cleaned_data['submission']}", response)

    def meet(self, own: Claim) -> NoReturn:
        """Say what became of a claim whose key was there already.

        Raises:
            SentBefore, ValidationError: see claim.
        """
        first = stored_response(own.client_id, own.key)
        if first and first.fingerprint == own.response.fingerprint:
            raise SentBefore(first.location)
        raise ValidationError(_REUSED)

    def reject(self, error: ValidationError) -> None:
        """Show the error with the values as they were entered, under a new key."""
        self.add_error(None, error)
        self._renew_key()

    def full_clean(self) -> None:
        """A page without a key, or with one that is none, gets one."""
        super().full_clean()
        if "submission" in self.errors:
            self.add_error(None, self.errors.pop("submission").as_data())
            self._renew_key()

    def _renew_key(self) -> None:
        self.data: Any = self.data.copy()
        self.data["submission"] = str(uuid4())
