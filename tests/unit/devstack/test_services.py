from pathlib import Path

import pytest

from devstack.product import environment, services, services_here


@pytest.mark.parametrize("cores", [1, 2])
def test_a_small_machine_has_one_process_for_all_consumers(cores):
    commands = services_here(8000, cores=cores)

    assert commands["consumers"][-1] == "consume_orders"
    assert [*commands] == ["web", "consumers", "relay"]


def test_a_larger_one_has_a_process_for_each():
    assert services_here(8000, cores=4) == services(8000)
    assert [argv[-1] for argv in services(8000).values() if "consume_orders" in argv] == [
        "orders",
        "inventory",
        "invoicing",
    ]


@pytest.mark.parametrize(("cores", "workers"), [(1, "1"), (2, "1"), (4, None)])
def test_a_small_machine_has_one_process_of_the_web(monkeypatch, cores, workers):
    """Two of them commit, and publish, half as many orders at a time."""
    monkeypatch.delenv("WEB_WORKERS", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: cores)

    assert environment(secret_key="any", static=Path("static")).get("WEB_WORKERS") == workers


def test_who_asks_for_more_processes_of_the_web_has_them(monkeypatch):
    monkeypatch.setenv("WEB_WORKERS", "3")
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    assert environment(secret_key="any", static=Path("static"))["WEB_WORKERS"] == "3"
