"""The text that `make run` prints when everything is ready."""

from collections.abc import Mapping

from devstack.make_run.demo import Account


def welcome(
    *, url: str, account: Account, admin_password: str, sku: str, logs: str, metrics_ports: Mapping[str, int]
) -> str:
    """Addresses, log-ins, and a request that places an order."""
    ports = "".join(f", {name} :{port}" for name, port in metrics_ports.items())
    metrics = f"\n  Metrics    {url}/metrics{ports}" if metrics_ports else ""
    body = f'{{"customer_id": "C-1", "lines": [{{"sku": "{sku}", "quantity": 2}}]}}'
    return f"""
Orderflow is running.

  API        {url}/orders     (in a browser: log in to the admin first)
  Admin      {url}/admin/     user {account.admin_user}, password {admin_password}
  API token  {account.api_token}
  Logs       {logs}{metrics}

Place an order:

  curl {url}/orders -H 'Authorization: Bearer {account.api_token}' \\
    -H 'Content-Type: application/json' -d '{body}'

Ctrl-C stops everything; the data stays for the next `make run`. `make clean` deletes it.
"""
