"""Idempotent forms: one that is submitted twice, by a double click or a reload, takes effect once."""

from typing import Any
from uuid import uuid4

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from api.idempotency import Claim, StoredResponse, claim, fingerprint_of, stored_response

_OUTDATED = "This page was out of date. Look whether its values are right, and send it again."
_REUSED = "This page was sent before, with other values, and those are booked. To book these as well, send it again."


class SentBefore(Exception):
    """The same form was submitted before with the same values, and took effect.

    Attributes:
        location: the address that shows the effect.
    """

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class OnceForm(forms.Form):
    """A form that takes effect once for each page that shows it: each page has an idempotency key, `submission`."""

    submission = forms.UUIDField(
        widget=forms.HiddenInput, initial=uuid4, error_messages=dict.fromkeys(("required", "invalid"), _OUTDATED)
    )

    def claim(self, request: HttpRequest, location: str) -> None:
        """Claim the form's key in the caller's transaction; `location` shows the effect.

        A concurrent submission of the same form waits for this transaction.

        Raises:
            SentBefore: the form was submitted before; nothing is to be done.
            ValidationError: the form was submitted before with other values.
        """
        assert request.user.pk is not None
        values = msgspec.json.encode(self.cleaned_data, order="deterministic", enc_hook=str)
        response = StoredResponse(fingerprint_of("POST", request.path, values), 302, location, "{}")
        own = Claim(request.user.pk, f"form-{self.cleaned_data['submission']}", response)
        if claim([own]):
            return
        first = stored_response(own.client_id, own.key)
        if first and first.fingerprint == own.response.fingerprint:
            raise SentBefore(first.location)
        raise ValidationError(_REUSED)

    def reject(self, error: ValidationError) -> None:
        """Show the error with the values as they were entered, under a new key."""
        self.add_error(None, error)
        self._renew_key()

    def full_clean(self) -> None:
        """Give a form without a valid key a new one."""
        super().full_clean()
        if "submission" in self.errors:
            self.add_error(None, self.errors.pop("submission").as_data())
            self._renew_key()

    def _renew_key(self) -> None:
        self.data: Any = self.data.copy()
        self.data["submission"] = str(uuid4())
