"""The admin's pages of the outbox. Those of dead letters are registered by operations/admin.py, which has all handlers
that a replay needs."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import action, display, register
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RadioFilter

from backoffice.formatting import badge, body_text, order_link
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.search import as_uuid, exactly
from common.masking import UNMASK, masked_body
from messaging.dead_letters import admin_replays as admin_replays  # registers the pages of replays
from messaging.models import OutboxMessage
from messaging.outbox.unparking import unpark


class ParkedFilter(RadioFilter):  # type: ignore[misc]
    """Whether a message waits for a publisher or for a person."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waiting", "waiting"), ("parked", "parked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        if self.value() in ("waiting", "parked"):
            return queryset.filter(parked_at__isnull=self.value() == "waiting")
        return queryset


@register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Events that Kafka has not acknowledged, the next one to be sent first. Parked ones wait for a person."""

    list_display = ("id", "state", "type", "order", "created_at", "parked_reason")
    list_filter = (ParkedFilter,)
    list_defer = ("body",)
    list_disable_select_all = True
    ordering = ("id",)
    search_by = {"order id": exactly("key"), "event id": as_uuid("event_id")}
    fields = (
        ("type", "state"),
        ("topic", "order"),
        ("event_id", "created_at"),
        ("correlation_id", "traceparent"),
        ("parked_at", "parked_reason"),
    )
    actions = ("unpark_selected",)

    @display(description="state")
    def state(self, message: OutboxMessage) -> SafeString:
        return badge("parked", "danger") if message.parked_at else badge("waiting", "info")

    @display(description="order")
    def order(self, message: OutboxMessage) -> str:
        return order_link(message.key)

    def get_fields(self, request: HttpRequest, obj: OutboxMessage | None = None) -> Any:
        return (*self.fields, "body_as_it_is" if request.user.has_perm(UNMASK) else "masked_body")

    @display(description="body")
    def body_as_it_is(self, message: OutboxMessage) -> SafeString:
        return body_text(message.body)

    @display(description="body, without personal data")
    def masked_body(self, message: OutboxMessage) -> SafeString:
        return body_text(masked_body(message.body))

    def has_unpark_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.change_outboxmessage")

    @action(description="Send parked messages again", permissions=["unpark"])
    def unpark_selected(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        unparked = unpark(list(queryset.values_list("pk", flat=True)))
        self.message_user(request, f"Parked messages back in the queue: {unparked}.", messages.SUCCESS)
