import pytest

from devstack.product import services, services_here


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
