"""Sessions of browsers, in the database. Each ends after a time without use, and at the latest after a day."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

from common.postgres import is_unavailable

_STARTED_AT = "_started_at"
_EXTEND_INTERVAL = timedelta(minutes=5)  # so that not every request writes


class SessionStore(db.SessionStore):
    """Django's sessions with the limits `settings.SESSION_COOKIE_AGE` and `settings.SESSION_MAX_AGE`.

    Extending a session updates its expiry only. Django would save the whole session: a concurrent request would
    overwrite its changes, and fail if it was logged out meanwhile.
    """

    def load(self) -> dict[str, Any]:
        session = self.model.objects.filter(pk=self.session_key, expire_date__gt=timezone.now()).first()
        data: dict[str, Any] = self.decode(session.session_data) if session else {}
        if session is None or _STARTED_AT not in data:  # from before sessions had an end, or under another SECRET_KEY
            self._session_key = None
            return {}
        self._extend(session, data)
        return data

    def save(self, must_create: bool = False) -> None:
        """Save as Django does, but raise an outage of the database as such, not as a session deleted meanwhile."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if error.__context__ is not None and is_unavailable(error.__context__):
                raise error.__context__ from error.__context__.__cause__
            raise

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        data.setdefault(_STARTED_AT, int(time.time()))
        session = super().create_model_instance(data)
        session.expire_date = _end(data)
        return session

    def _extend(self, session: AbstractBaseSession, data: dict[str, Any]) -> None:
        end = _end(data)
        if end - session.expire_date >= _EXTEND_INTERVAL:
            self.model.objects.filter(pk=session.pk, expire_date__gt=timezone.now()).update(expire_date=end)


def _end(data: dict[str, Any]) -> datetime:
    latest = datetime.fromtimestamp(data[_STARTED_AT], UTC) + settings.SESSION_MAX_AGE
    return min(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE), latest)
