"""The SQL of messaging: what the ORM can't say, or takes several times as long for.

Each statement stands with its parameters by name; the modules that execute them say what their results mean.
"""

from messaging.outbox.lanes import ALL_LANES, LANES

# To be followed by the source of the rows, each as `recording.row_of` makes it. Larger statements include it, too.
# bulk_create takes eight times as long: with a column that the database fills, Django sends each value by itself.
INSERT_EVENTS = """
    INSERT INTO messaging_outboxmessage (event_id, type, topic, key, body, correlation_id, traceparent, parked_reason)
    SELECT event_id, type, topic, key, body, correlation_id, traceparent, '' FROM"""
RECORD_EVENTS = f"{INSERT_EVENTS} json_populate_recordset(NULL::messaging_outboxmessage, %(events)s)"

# Outbox rows live for milliseconds, so statistics tell the planner nothing: it would scan the whole table, with all its
# dead rows, at each pass. By the indexes it reads live rows only, and if they come in order from there, no more of them
# than are asked for.
_BY_INDEX = ", ".join(
    f"set_config('{name}', '{value}', true)"
    for name, value in {"enable_seqscan": "off", "enable_sort": "off", "max_parallel_workers_per_gather": "0"}.items()
)
USE_INDEXES = f"SELECT {_BY_INDEX}"
# Whoever has the whole outbox has its lock to itself, as did publishers of before there were lanes; whoever has some of
# the lanes shares it. It tries lanes in turn until it has enough: LIMIT ends the scan, as nothing has to be sorted.
TRY_LANES = f"""
    SELECT
        CASE
            WHEN lease.seconds > 0 THEN '{{}}'
            WHEN NOT %(is_share)s AND pg_try_advisory_xact_lock(%(outbox)s) THEN '{{{",".join(map(str, ALL_LANES))}}}'
            WHEN pg_try_advisory_xact_lock_shared(%(outbox)s) THEN ARRAY(
                SELECT number %% {LANES} FROM generate_series(%(first)s, %(first)s + {LANES - 1}) AS number
                WHERE pg_try_advisory_xact_lock(%(lanes)s, number %% {LANES}) LIMIT %(most)s
            )
            ELSE '{{}}'
        END AS locked,
        current_setting('transaction_read_only') = 'on' AS read_only, lease.seconds AS left_for, {_BY_INDEX}
    FROM (
        SELECT coalesce(max(extract(epoch FROM until - clock_timestamp())), 0)::float AS seconds
        FROM messaging_relaylease
        WHERE %(leaves_to_relay)s AND until - clock_timestamp() BETWEEN '0' AND make_interval(secs => %(longest_lease)s)
    ) AS lease
"""  # noqa: S608 - of constants
# Ids that a transaction took and rolled back are among them.
EVER_RECORDED = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('messaging_outboxmessage', 'id')), 0)"
RENEW_LEASE = """
    INSERT INTO messaging_relaylease (id, until) VALUES (1, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (id) DO UPDATE SET until = excluded.until
"""
# A key with a parked event waits for a person.
_PENDING = """
    FROM messaging_outboxmessage
    WHERE parked_at IS NULL AND key NOT IN (SELECT key FROM messaging_outboxmessage WHERE parked_at IS NOT NULL)
"""
_COLUMNS = """id, event_id::text, type, topic, key, body, correlation_id, traceparent,
        to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time"""
FETCH_PENDING = f"""
    SELECT {_COLUMNS} {_PENDING}
    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s
"""
ANY_PENDING = f"SELECT id {_PENDING} ORDER BY id LIMIT 1"
# The same in some of the lanes. Each is read by itself, by the index outbox_lanes: with `= ANY` all rows of these lanes
# would be read and sorted. With `=` the planner could take the primary key, and read all other lanes as well.
_LANE = f"(hashtext(key) & {LANES - 1})"
_IN_THE_LANE = f"AND {_LANE} BETWEEN chosen.lane AND chosen.lane"
_IN_ORDER_OF_THE_LANE = f"ORDER BY {_LANE}, id"
FETCH_PENDING_IN_LANES = f"""
    SELECT id, event_id, type, topic, key, body, correlation_id, traceparent, time
    FROM unnest(%(lanes)s::integer[]) AS chosen (lane) CROSS JOIN LATERAL (
        SELECT {_COLUMNS} {_PENDING} {_IN_THE_LANE}
        AND key <> ALL(%(skipped_keys)s) {_IN_ORDER_OF_THE_LANE} LIMIT %(limit_of_a_lane)s
    ) AS pending
    LIMIT %(limit)s
"""  # noqa: S608 - of constants
ANY_PENDING_IN_LANES = f"""
    SELECT id FROM unnest(%(lanes)s::integer[]) AS chosen (lane) CROSS JOIN LATERAL (
        SELECT id {_PENDING} {_IN_THE_LANE} {_IN_ORDER_OF_THE_LANE} LIMIT 1
    ) AS pending
    LIMIT 1
"""  # noqa: S608 - of constants
DELETE_DELIVERED = "DELETE FROM messaging_outboxmessage WHERE id = ANY(%(ids)s)"

# ignore_conflicts does not tell which rows were inserted. Ids are inserted in one fixed order, so that two deliveries
# of the same events can't deadlock.
CLAIM_EVENTS = """
    INSERT INTO messaging_inboxentry (consumer, event_id, key)
    SELECT %(consumer)s, event_id, key FROM unnest(%(ids)s::uuid[], %(keys)s::text[]) AS event (event_id, key)
    ORDER BY event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
"""
# The count is reset in the same statement: another one would cost each batch a round trip, and it is 0 almost always.
CLAIM_EVENTS_TO_HANDLE = f"""
    WITH claimed AS ({CLAIM_EVENTS}),
    restarted AS (
        UPDATE messaging_consecutivefailures SET count = 0
        WHERE consumer = %(consumer)s AND count > 0 AND EXISTS (SELECT FROM claimed)
    )
    SELECT event_id FROM claimed
"""  # noqa: S608 - of constants

ADD_FAILURE = """
    INSERT INTO messaging_consecutivefailures AS failures (consumer, count) VALUES (%(consumer)s, 1)
    ON CONFLICT (consumer) DO UPDATE SET count = failures.count + 1
    RETURNING count
"""

# A deferred letter holds up its key only where its type is known by now. Uses the partial index dead_letter_unresolved.
# By the ORM, building the query took more time than running it.
HELD_KEYS = """
    SELECT DISTINCT key FROM messaging_deadletter
    WHERE consumer = %(consumer)s AND key = ANY(%(keys)s) AND key <> '' AND state IN ('failed', 'waiting', 'deferred')
        AND (state <> 'deferred' OR event_type = ANY(%(known_types)s))
"""
LOCK_SEQUENCE = "SELECT pg_advisory_xact_lock(hashtextextended('dead-letters/' || %(consumer)s || '/' || %(key)s, 0))"

# The chosen dead letters, and all that are open under their keys; each key has a turn, by its first one.
ADD_REPLAY_ITEMS = """
    INSERT INTO messaging_replayitem (replay_id, dead_letter, turn, outcome, cause)
    SELECT %(replay)s, id, dense_rank() OVER (ORDER BY first), 'pending', ''
    FROM (
        SELECT id, min(id) OVER (PARTITION BY key, CASE key WHEN '' THEN id END) AS first
        FROM messaging_deadletter
        WHERE consumer = %(consumer)s AND state IN ('failed', 'waiting', 'deferred')
            AND (
                id = ANY(%(ids)s)
                OR key <> '' AND (state <> 'deferred' OR event_type = ANY(%(known_types)s))
                AND key IN (SELECT key FROM messaging_deadletter WHERE id = ANY(%(ids)s) AND consumer = %(consumer)s)
            )
    ) AS letter
"""
