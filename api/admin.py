"""The admin's pages of API tokens and of stored responses."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import display, register
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from knox.models import AuthToken

from api.models import IdempotencyRecord
from backoffice.formatting import admin_link, body_text
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.search import exactly
from common.masking import UNMASK, masked_body

admin.site.unregister(AuthToken)  # knox's own page shows digests and would make tokens by hand


@register(AuthToken)
class TokenAdmin(ReadOnlyAdmin):
    """API tokens, by their first characters, which are stored in clear. Deleting a token revokes it."""

    list_display = ("shown", "user", "created", "expiry")
    list_display_links = None
    list_select_related = ("user",)
    ordering = ("-created",)
    search_by = {"client": exactly("user__username"), "beginning of the token": exactly("token_key")}
    fields = (("shown", "owner"), ("created", "expiry"))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("knox.delete_authtoken")

    @display(description="token")
    def shown(self, token: AuthToken) -> str:
        return f"{token.token_key}…"

    @display(description="user")
    def owner(self, token: AuthToken) -> SafeString:
        return admin_link("auth.user", token.user_id, token.user)

    def get_deleted_objects(self, objs: QuerySet[AuthToken] | Sequence[AuthToken], request: HttpRequest) -> Any:
        """The names on the page that asks for confirmation, without digests."""
        names = [f"the token {self.shown(token)} of {token.user}" for token in objs]
        return names, {"tokens": len(names)}, set(), []


@register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    """The first response to each request with an Idempotency-Key."""

    list_display = ("key", "client", "status", "location", "created_at")
    list_select_related = ("client",)
    list_defer = ("fingerprint", "body")
    ordering = ("-created_at", "-id")
    search_by = {"key": exactly("key")}
    fields = ("key", ("sent_by", "created_at"), "status", "location", "request_fingerprint")

    def get_fields(self, request: HttpRequest, obj: IdempotencyRecord | None = None) -> Any:
        """With the response, as messages are shown: it takes no permission to see orders to come here."""
        return (*self.fields, "readable_body" if request.user.has_perm(UNMASK) else "masked_body")

    @display(description="client")
    def sent_by(self, record: IdempotencyRecord) -> SafeString:
        return admin_link("auth.user", record.client_id, record.client)

    @display(description="SHA-256 of the request")
    def request_fingerprint(self, record: IdempotencyRecord) -> str:
        return bytes(record.fingerprint).hex()

    @display(description="answer")
    def readable_body(self, record: IdempotencyRecord) -> SafeString:
        return body_text(record.body)

    @display(description="answer, without personal data")
    def masked_body(self, record: IdempotencyRecord) -> SafeString:
        return body_text(masked_body(record.body))
