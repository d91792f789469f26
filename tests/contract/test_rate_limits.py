"""The quota of an API client: 429 with headers, and no limit unless one is set."""

import json

import pytest
from django.test import Client

from api.rate_limits import requests
from api.rate_limits.limiter import RateLimiter
from api.rate_limits.quota import Quota
from api.views import ApiViewSet
from tests.clock import Clock
from tests.shared_buckets import MemoryBuckets


@pytest.fixture
def clock(settings, monkeypatch) -> Clock:
    """The clock of a server with a limit of ten requests a minute for each client."""
    clock = Clock()
    limiter = RateLimiter(Quota(10, 60), MemoryBuckets(clock).settle, clock=clock)
    monkeypatch.setattr(requests, "limiter", lambda: limiter)
    monkeypatch.setattr(ApiViewSet, "throttle_classes", [requests.ClientThrottle])
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "api.rate_limits.requests.RateLimitHeaders"]
    return clock


def use_up(client: Client, units: int = 10) -> None:
    for _ in range(units):
        assert client.get("/stock").status_code == 200


def bulk(client: Client, orders: int):
    order = {"customer_id": "C-1", "lines": [{"sku": "UNKNOWN", "quantity": 1}]}
    return client.post("/orders/bulk", json.dumps({"orders": [order] * orders}), content_type="application/json")


def test_every_answer_says_what_is_left(api, clock):
    client = api()

    response = client.get("/stock")

    assert response["RateLimit-Policy"] == '"client";q=10;w=60'
    assert response["RateLimit"] == '"client";r=9;t=6'


def test_who_has_used_up_the_quota_gets_429_with_the_time_to_wait(api, clock):
    client = api()
    use_up(client)

    response = client.get("/stock")

    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:orderflow:problem:rate-limited"
    assert response["Retry-After"] == "6"
    assert response["RateLimit"] == '"client";r=0;t=6'


def test_after_that_time_the_next_request_is_served(api, clock):
    client = api()
    use_up(client)
    clock.now += int(client.get("/stock")["Retry-After"])

    assert client.get("/stock").status_code == 200
    assert client.get("/stock").status_code == 429


def test_another_client_has_its_own_quota(api, clock):
    use_up(api(name="one"))

    assert api(name="two").get("/stock").status_code == 200


def test_a_bulk_request_counts_as_many_as_it_has_orders(api, clock):
    client = api()

    assert bulk(client, 25).status_code == 200

    assert client.get("/stock")["Retry-After"] == str((25 - 10 + 1) * 6)


def test_an_empty_bulk_request_gives_nothing_back(api, clock):
    client = api()
    for _ in range(10):
        bulk(client, 0)

    assert client.get("/stock").status_code == 429


def test_requests_that_fail_count_too(api, clock):
    client = api()
    for _ in range(10):
        assert client.post("/orders", b"{", content_type="application/json").status_code == 400

    assert client.get("/stock").status_code == 429


def test_strangers_and_probes_have_no_quota(db, clock):
    for path, status in (("/orders", 401), ("/health/live", 200)):
        for _ in range(20):
            response = Client().get(path)
            assert response.status_code == status
            assert "RateLimit" not in response


def test_without_the_setting_there_is_no_limit(api):
    client = api()
    use_up(client, 50)

    assert "RateLimit" not in client.get("/stock")
