"""Content negotiation (RFC 9110, 12.5.1), of success and of errors."""

import pytest

JSON, PAGE, PROBLEM = "application/json", "text/html; charset=utf-8", "application/problem+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
# encode/django-rest-framework#7345: a parameter on an unrelated type came before everything there.
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        *[("", JSON), (" ", JSON), ("*/*", JSON), ("application/json", JSON), ("application/*;q=0.1", JSON)],
        *[
            ("text/html", PAGE),
            (BROWSER, PAGE),
            (CHROME, PAGE),
            ("text/*", PAGE),
            ("text/html, application/json;q=0.9", PAGE),
        ],
        *[("application/json, text/html", JSON), ("text/html, application/json", JSON), ("text/html;q=0.4, */*", JSON)],
        *[("application/json;q=0, text/html", PAGE), ("application/json;q=0, */*", PAGE), ("text/html;q=0, */*", JSON)],
        *[("application/problem+json", JSON), ("application/problem+json, text/html;q=0.9", JSON)],
        *[("nonsense", JSON), (",;q=,", JSON), ("*", JSON), ("text/html;q=x", PAGE), ('"' * 70_000, JSON)],
        *[("text/html; x*=unknown''%41", PAGE), ("application/json; charset=utf-8", JSON)],
    ],
)
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_the_best_of_what_is_accepted_is_answered(api, method, accept, content_type):
    response = getattr(api(), method)("/orders", headers={"accept": accept})

    assert (response.status_code, response["Content-Type"]) == (200, content_type)
    assert "Accept" in response["Vary"]


@pytest.mark.parametrize(
    "accept", ["image/png", "*/*;q=0", "application/json;q=0", "text/*;q=0.0, application/json;q=0"]
)
def test_what_can_not_be_answered_so_is_406_and_nothing_is_done(api, accept):
    response = api().post("/orders", {}, content_type="application/json", headers={"accept": accept})

    assert (response.status_code, response["Content-Type"]) == (406, PROBLEM)


@pytest.mark.parametrize("accept", [PROBLEM, f"{PROBLEM}, {JSON}", JSON, "*/*", ""])
def test_who_takes_problems_gets_them(api, client, accept):
    def answers(response, status: int) -> bool:
        return (response.status_code, response["Content-Type"]) == (status, PROBLEM)

    headers, known = {"accept": accept}, api()
    assert answers(client.get("/orders", headers=headers), 401)
    assert answers(known.get("/products/NONE", headers=headers), 404)
    assert answers(known.post("/orders", {}, content_type="application/json", headers=headers), 422)
    assert answers(known.delete("/orders", headers=headers), 405)


@pytest.mark.parametrize(("content_type", "given"), [("text/json", "it is text/json"), ("", "the request has none")])
def test_who_sends_another_type_is_told_which_to_send(api, content_type, given):
    """What curl sends by itself is a form; some clients send no type at all."""
    response = api().generic("POST", "/orders", b"{}", content_type=content_type)

    assert response.status_code == 415
    assert response.json()["detail"] == f"The Content-Type must be application/json: {given}."


def test_who_takes_nothing_that_there_is_is_told_what_there_is(api):
    response = api().get("/orders.csv", headers={"accept": "image/png"})

    assert response.status_code == 406
    assert response.json()["detail"] == "The header Accept takes nothing that there is here: text/csv."
