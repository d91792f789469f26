"""The buckets that all processes share, in the database."""

from collections.abc import Mapping

from django.db import connection

# What was used is booked as from the beginning of the time in which it was: a client that keeps to its quota is not to
# be taken for one that does not, whatever the order in which processes settle up. Rows are locked in one order.
_SETTLE = """
    INSERT INTO api_ratelimitbucket AS bucket (client_id, full_at)
    SELECT client_id, now() + make_interval(secs => used - %(elapsed)s)
    FROM unnest(%(clients)s::bigint[], %(used)s::float8[]) AS used (client_id, used)
    ORDER BY client_id
    ON CONFLICT (client_id) DO UPDATE SET
        full_at = excluded.full_at + GREATEST(bucket.full_at - now() + make_interval(secs => %(elapsed)s), interval '0')
    RETURNING client_id, extract(epoch FROM full_at - now())::float8
"""


def settle(used: Mapping[int, float], elapsed: float) -> Mapping[int, float]:
    """Book what was used, and return in how many seconds each bucket will be full: in less than 0 if it is.

    Args:
        used: seconds of the quota, by client.
        elapsed: seconds since this process settled up the last time.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, {"clients": list(used), "used": list(used.values()), "elapsed": elapsed})
        return dict(cursor.fetchall())
