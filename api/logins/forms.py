"""The admin's forms that ask for a password. A rejected attempt is an error of the form."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from api.logins.attempt import Attempt
from api.logins.exceptions import LoginRejected
from api.logins.limiting import limited


class LoginForm(AuthenticationForm):  # type: ignore[misc]
    """The log-in of the admin, which the API's pages use too."""

    rejected: LoginRejected | None = None

    def clean(self) -> dict[str, Any]:
        with _shown_in(self):
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]
    """The form to change one's password. Attempts at the old one are limited like log-ins, against open sessions."""

    rejected: LoginRejected | None = None

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        attempt = Attempt(self.user.get_username(), address="", browser="session")
        with _shown_in(self):
            if limited(attempt, lambda: self.user.check_password(password) or None):
                return password
        raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")


@contextmanager
def _shown_in(form: LoginForm | OwnPasswordForm) -> Iterator[None]:
    try:
        yield
    except LoginRejected as rejected:
        form.rejected = rejected
        raise ValidationError(str(rejected), code="rejected") from rejected
