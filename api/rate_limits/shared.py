"""The buckets in the database, which all processes share."""

from collections.abc import Mapping

from django.db import connection

# Usage is booked as of the beginning of its interval, so that a client within its quota is never over it, in whatever
# order processes synchronise. Rows are locked in the order of ids.
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
    """Book usage; returns the seconds until each bucket is full, negative if it is.

    Args:
        used: seconds of the quota, by client.
        elapsed: seconds since this process synchronised last.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, {"clients": list(used), "used": list(used.values()), "elapsed": elapsed})
        return dict(cursor.fetchall())
