"""The orders of ordinary DRF: as many as ours, with three lines each, over the same time and as many customers."""

from benchmarks.growth.filling import DAYS, ORDERS_OF_A_CUSTOMER
from benchmarks.orders import LINES, PRODUCTS
from benchmarks.rival import NAME
from benchmarks.servers import Servers

_STATUSES = "CASE WHEN n %% 50 = 0 THEN 'rejected' WHEN n %% 300 = 1 THEN 'backordered' ELSE 'confirmed' END"
_FILL = f"""
    SET synchronous_commit = off;
    INSERT INTO ordinary_order (id, client_id, customer_id, status, net, tax, total, created_at)
        SELECT n, (SELECT min(id) FROM auth_user),
            'C-' || floor(greatest(1, %(orders)s / %(share)s) * power(
                ('x' || left(md5('customer' || n), 8))::bit(32)::bigint / 4294967296.0, 3
            )), {_STATUSES}, 10, 2, 12, now() - INTERVAL '1 day' * %(days)s * (1 - n::float / %(orders)s)
        FROM generate_series(%(first)s::bigint, %(orders)s::bigint) AS n;
    INSERT INTO ordinary_orderline (order_id, product_id, quantity, unit_price)
        SELECT n, 1 + (n * %(lines)s + line) %% %(products)s, 2, 1.67
        FROM generate_series(%(first)s::bigint, %(orders)s::bigint) AS n, generate_series(1, %(lines)s) AS line
"""


def fill_ordinary(servers: Servers, orders: int) -> None:
    """Fill up to so many orders."""
    connection = servers.connect(NAME)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM ordinary_order")
        (first,) = cursor.fetchone() or (1,)
        parameters = {"share": ORDERS_OF_A_CUSTOMER, "days": DAYS, "lines": LINES, "products": PRODUCTS}
        cursor.execute(_FILL, {"first": first, "orders": orders, **parameters})
        cursor.execute("VACUUM (ANALYZE)")
    connection.close()
