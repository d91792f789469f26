"""The product as its API clients see it."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from uuid import uuid4

from devstack.ports import LOOPBACK


class ShopClosed(Exception):
    """The web server gave no answer, or none that is of use."""


@dataclass(frozen=True)
class Shop:
    """The web server on a port of this machine, and the token of an API client."""

    port: int
    token: str

    def get(self, path: str) -> Any:
        """The JSON at a path.

        Raises:
            ShopClosed: there is none.
        """
        return self._call("GET", path)

    def place(
        self, *lines: tuple[str, int], customer: str, reference: str, may_wait: bool = False, **fields: Any
    ) -> dict[str, Any]:
        """Place an order of units by sku; the order.

        Raises:
            ShopClosed: it was not accepted.
        """
        body = {
            "customer_id": customer,
            "reference": reference,
            "allow_backorder": may_wait,
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        }
        return dict(self._call("POST", "/orders", body | fields))

    def stock(self) -> dict[str, int]:
        """The units that are available, by sku, of what is sold in pounds."""
        pounds = {each["sku"] for each in self.get("/products")["results"] if each["currency"] == "GBP"}
        levels = self.get("/stock")["results"]
        return {each["sku"]: each["available"] for each in levels if each["sku"] in pounds}

    def _call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if body is not None:
            headers["Idempotency-Key"] = uuid4().hex
        connection = HTTPConnection(LOOPBACK, self.port, timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 300:
                raise ShopClosed(f"{method} {path}: {answer.status}")
            return json.loads(text)
        except (OSError, HTTPException, ValueError) as error:
            raise ShopClosed(f"{method} {path}: {error}") from error
        finally:
            connection.close()
