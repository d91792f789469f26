"""What strangers send does not stay in memory: no cache is filled with names and values that they make up."""

import gc
import json
import tracemalloc
from collections.abc import Iterator

LENGTH = 100_000  # characters of everything that is made up
WARM_UP, ROUNDS = 130, 50  # caches of a fixed size, such as that of urllib.parse, are full by then


def made_up(number: int) -> str:
    return f"{number:06}".ljust(LENGTH, "x")


def requests(name: str) -> Iterator[tuple[str, str, dict]]:
    """One request for each place where a client can put a text of its own."""
    order = {"customer_id": name, "currency": name, "reference": name, "lines": [{"sku": name, "quantity": name}]}
    product = {"sku": name, "name": name, "unit_price": name, "currency": name, "tax_rate": name}
    for path, body in [
        ("/orders", order),
        ("/orders/bulk", {"orders": [order]}),
        ("/products", product),
        ("/orders", {name: 1}),
    ]:
        yield "post", path, {"data": json.dumps(body), "content_type": "application/json"}
    yield "post", "/products", {"data": "{}", "content_type": f"x/{name}"}
    yield "get", "/orders", {"data": {name: "1", "cursor": name, "customer_id": name, "placed_from": name}}
    for path in ("/products", "/nothing"):
        yield "get", f"{path}/{name}", {}
    headers = ("accept", "x-request-id", "traceparent", "accept-language", "content-encoding", "x-made-up")
    yield "get", "/products", {"headers": dict.fromkeys(headers, name)}
    yield "get", "/products", {"headers": {"authorization": f"Bearer {name[:150]}"}}
    yield "get", "/admin/login/", {"data": {"next": name}}


def test_nothing_of_what_clients_make_up_is_kept(api):
    client = api("orders.add_product")

    def send(numbers: range) -> None:
        for number in numbers:
            for method, path, more in requests(made_up(number)):
                assert getattr(client, method)(path, **more).status_code < 500
        gc.collect()

    tracemalloc.start()
    send(range(WARM_UP))
    before, _ = tracemalloc.get_traced_memory()
    send(range(WARM_UP, WARM_UP + ROUNDS))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after - before < ROUNDS * LENGTH / 4  # the test client itself keeps a kilobyte of each request
