"""/schema and /docs: the description of the API, for machines and for people."""

import json
import re
from http import HTTPStatus

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

OPENAPI = "application/vnd.oai.openapi+json"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (OPENAPI, f"{OPENAPI};version=3.1"),
        (f"{OPENAPI};version=3.1", f"{OPENAPI};version=3.1"),
        (f"application/json;q=0.5, {OPENAPI}", f"{OPENAPI};version=3.1"),
    ],
)
def test_anybody_gets_the_description_as_the_media_type_that_they_like(client, accept, content_type):
    answer = client.get("/schema", headers={"accept": accept} if accept else {})

    assert answer.status_code == HTTPStatus.OK
    assert answer.headers["Content-Type"] == content_type
    assert answer.json()["openapi"].startswith("3.1.")


def test_a_wrong_token_does_not_keep_anybody_from_it(client):
    assert client.get("/schema", headers={"authorization": "Bearer nobodys"}).status_code == HTTPStatus.OK


def test_whoever_has_the_description_gets_304(client):
    first = client.get("/schema")
    again = client.get("/schema/", headers={"if-none-match": first.headers["ETag"]})

    assert "max-age=300" in first.headers["Cache-Control"]
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")


def test_if_match_with_another_tag_is_a_problem(client):
    answer = client.get("/schema", headers={"if-match": '"another"'})

    assert (answer.status_code, answer["Content-Type"]) == (412, "application/problem+json")


def test_a_parameter_that_it_does_not_have_is_refused(client):
    assert client.get("/schema?format=yaml").status_code == HTTPStatus.BAD_REQUEST


def test_the_command_writes_what_is_served(client, tmp_path):
    call_command("schema", output=tmp_path / "openapi.json")

    assert (tmp_path / "openapi.json").read_bytes() == client.get("/schema").content


def test_the_methods_that_an_address_takes_are_those_that_are_described(api):
    """By what each address says of itself, which is another way to find them than the description has."""
    shop = api()
    paths = shop.get("/schema").json()["paths"]
    values = {"id": "018f3a52-7a8e-7c3e-9a56-0a4d1c2b3e4f", "sku": "TEA-1", "number": "INV-2026-000001"}

    for path, operations in paths.items():
        allowed = shop.options(path.format(**values)).headers["Allow"].lower().split(", ")
        assert {*operations, "options"} == {*allowed} - {"head"}, path


def test_the_page_loads_only_files_of_our_own_and_runs_nothing_in_itself():
    """fastapi/fastapi#2759, ninoseki/eml_analyzer#382, LeanerCloud/CUDly#329: a blank page under a strict policy."""
    page = Client().get("/docs")

    assert page.status_code == HTTPStatus.OK
    text = page.content.decode()
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', text)
    assert len(files) == 4
    assert all(map(finders.find, files))
    assert not re.search(r"<script>|<style|https?://| style=| on\w+=", text)
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]


def test_other_methods_of_the_page_are_refused(client):
    assert client.post("/docs").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert json.loads(client.post("/docs").content)["status"] == HTTPStatus.METHOD_NOT_ALLOWED
