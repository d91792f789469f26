"""A Chromium that is there already, and a shop to use it in."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.shop import PASSWORD, Shop, running_shop

TIMEOUT = 60_000  # milliseconds until something has to be on a page
expect.set_options(timeout=TIMEOUT)


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.e2e)


def _insist(there: object, missing: str) -> None:
    """Skip where something is missing, but never in CI."""
    if not there:
        assert "CI" not in os.environ, missing
        pytest.skip(missing)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; playwright's own is never downloaded."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    _insist(found, "no Chromium: apt-get install --no-install-recommends chromium")
    return str(found)


@pytest.fixture(scope="session")
def shop(chromium, tmp_path_factory) -> Iterator[Shop]:
    has_servers = not os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ":9").endswith(":9")
    _insist(has_servers, "no PostgreSQL and no Kafka: run `make test`")
    with running_shop(tmp_path_factory.mktemp("shop")) as running:
        yield running


# Of a module, not of the session: while playwright is at work, its event loop keeps Django's ORM from being used.
@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[Browser]:
    # Chromium refuses to be a sandbox for root, which CI is.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def logged_in(browser, shop) -> Iterator[BrowserContext]:
    """A browser in which the admin has logged in."""
    with browser.new_context(base_url=shop.url, viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        log_in(page)
        page.close()
        yield context


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


@pytest.fixture
def page(logged_in) -> Iterator[Page]:
    """A tab. What a browser has to complain of, such as its content security policy, fails the test."""
    complaints: list[str] = []
    page = logged_in.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []
