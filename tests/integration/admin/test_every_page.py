"""Every list and every page of the admin, by its registry."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from messaging.models import OutboxMessage

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
EDITABLE = {"orders.Product", "auth.User", "auth.Group"}
DELETABLE = {"auth.Group", "knox.AuthToken"}
READ_ONLY = [model for model in MODELS if model._meta.label not in EDITABLE]
ODD_TERMS = [
    "\x00",
    "no uuid",
    "🫖" * 50,
    "x" * 20_000,
    "%",
    "'; --",
    "{}",
    "\u202e",
    " ",
    "1" * 400,
    "00000000-0000-0000",
]

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def url(model, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def page_of_a_row(model, page: str = "change") -> str:
    return url(model, page, quote(model._default_manager.first().pk))


@pytest.fixture(params=["viewer", "superuser"])
def someone(request):
    return request.getfixturevalue(request.param)


@every_model
def test_its_list_is_shown(model, someone, one_of_each):
    response = someone.get(url(model, "changelist"))

    assert response.status_code == 200
    assert len(response.context["cl"].result_list) >= 1


@every_model
def test_the_page_of_a_row_is_shown(model, someone, one_of_each):
    assert someone.get(page_of_a_row(model)).status_code == 200


@every_model
def test_times_say_by_which_clock_they_are(model, superuser, one_of_each):
    """shopware/shopware#15848, TritonDataCenter/sdc-adminui#149: UTC was taken for the time on the wall."""
    for address in (url(model, "changelist"), page_of_a_row(model)):
        text = strip_tags(superuser.get(address).content.decode())

        assert re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?! UTC|\.\d{3})", text) == [], address
        assert "(UTC)" in text or not re.search(r"\d\d:\d\d:\d\d\.\d{3}(?! UTC)", text), address


@every_model
def test_nobody_sees_it_without_the_permission(model, staff, one_of_each):
    somebody = staff()

    assert somebody.get(url(model, "changelist")).status_code == 403
    assert somebody.get(page_of_a_row(model)).status_code == 403


@every_model
def test_who_may_only_look_changes_nothing(model, viewer, one_of_each):
    before = list(model._default_manager.order_by("pk").values())

    assert viewer.get(url(model, "add")).status_code == 403
    assert viewer.post(page_of_a_row(model), {"status": "rejected", "name": "x"}).status_code == 403
    assert viewer.post(page_of_a_row(model, "delete"), {"post": "yes"}).status_code == 403
    assert list(model._default_manager.order_by("pk").values()) == before


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model._meta.label)
def test_not_even_a_superuser_edits_what_the_system_writes(model, superuser, one_of_each):
    before = list(model._default_manager.order_by("pk").values())

    assert superuser.post(url(model, "add"), {}).status_code == 403
    assert superuser.post(page_of_a_row(model), {"status": "rejected", "on_hand": "9"}).status_code == 403
    assert list(model._default_manager.order_by("pk").values()) == before


@every_model
def test_only_groups_and_tokens_are_deleted(model, superuser, one_of_each):
    allowed = model._meta.label in DELETABLE

    assert superuser.get(page_of_a_row(model, "delete")).status_code == (200 if allowed else 403)
    assert b"delete_selected" in superuser.get(url(model, "changelist")).content or not allowed


@every_model
def test_odd_searches_and_filters_find_little_and_break_nothing(model, superuser, one_of_each):
    for term in ODD_TERMS:
        assert superuser.get(url(model, "changelist"), {"q": term}).status_code == 200, term
    for parameter in (
        "p",
        "after",
        "before",
        "status__exact",
        "kind__exact",
        "state",
        "consumer",
        "placed_at_from",
        "issued_at_to",
        "nope",
    ):
        for value in ("\x00", "🫖", "-1", "9" * 30, "9999-12-31", "2026-02-31"):
            status = superuser.get(url(model, "changelist"), {parameter: value}).status_code
            assert status in (200, 302), (parameter, value)


@every_model
def test_odd_addresses_lead_back_to_the_front_page(model, superuser):
    for key in ("nothing", "\x00", "🫖", "0", "9" * 30, "a/b", "00000000-0000-0000-0000-000000000000"):
        response = superuser.get(url(model, "change", quote(key)))
        assert (response.status_code, response.headers["Location"]) == (302, "/admin/"), key


@every_model
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few_and_counts_nothing(
    model, superuser, one_of_each, place, consume, dead_letter, outbox_message
):
    superuser.get(url(model, "changelist"))
    with CaptureQueriesContext(connection) as few:
        superuser.get(url(model, "changelist"))

    OutboxMessage.objects.all().delete()  # the one there is, is no whole event
    for n in range(5):
        place(customer=f"C-{n}", MUG=1)
    consume()
    for n in range(5):
        dead_letter(key=str(n))
        outbox_message(key=str(n))
    with CaptureQueriesContext(connection) as many:
        response = superuser.get(url(model, "changelist"))

    assert len(many) == len(few) <= 6
    assert len(response.context["cl"].result_list) >= 1
    if not model._meta.label.startswith("auth."):
        assert not [query["sql"] for query in many if "COUNT(" in query["sql"]]


def test_the_front_page_leads_to_what_one_may_see(staff):
    page = staff("orders.view_order").get("/admin/").content.decode()

    assert "/admin/orders/order/" in page
    assert "/health/ready" in page
    assert "/admin/invoicing/invoice/" not in page


def test_strangers_are_asked_to_log_in(client, db):
    response = client.get("/admin/orders/order/")

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")
    assert b"Orderflow" in client.get(response.headers["Location"]).content


@pytest.mark.django_db
@every_model
def test_its_heading_begins_with_its_group_in_the_sidebar(model, superuser):
    """It said "Knox" over API tokens, after the library."""
    page = superuser.get(url(model, "changelist"))

    groups = {group["title"] for group in page.context["sidebar_navigation"]}
    assert model._meta.app_config.verbose_name in groups
    assert "Knox" not in page.content.decode()
