"""The SQL of messaging: what the ORM can't say, or takes several times as long for.

Each statement stands with its parameters by name; the modules that execute them say what their results mean.
"""

# To be followed by the source of the rows, each as `recording.row_of` makes it. Larger statements include it, too.
# bulk_create takes eight times as long: with a column that the database fills, Django sends each value by itself.
INSERT_EVENTS = """
    INSERT INTO messaging_outboxmessage (event_id, type, topic, key, body, correlation_id, traceparent, parked_reason)
    SELECT event_id, type, topic, key, body, correlation_id, traceparent, '' FROM"""
RECORD_EVENTS = f"{INSERT_EVENTS} json_populate_recordset(NULL::messaging_outboxmessage, %(events)s)"

# Outbox rows live for milliseconds, so statistics tell the planner nothing: it would scan the whole table, with all its
# dead rows, at each pass. By the indexes it reads live rows only.
_BY_INDEX = "set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
USE_INDEXES = f"SELECT {_BY_INDEX}"
TRY_OUTBOX_LOCK = f"""
    SELECT pg_try_advisory_xact_lock(%(lock)s) AS locked, current_setting('transaction_read_only') = 'on' AS read_only,
        {_BY_INDEX}
"""
# A key with a parked event waits for a person.
_PENDING = """
    FROM messaging_outboxmessage
    WHERE parked_at IS NULL AND key NOT IN (SELECT key FROM messaging_outboxmessage WHERE parked_at IS NOT NULL)
"""
ANY_PENDING = f"SELECT id {_PENDING} ORDER BY id LIMIT 1"
FETCH_PENDING = f"""
    SELECT id, event_id::text, type, topic, key, body, correlation_id, traceparent,
        to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time {_PENDING}
    AND key <> ALL(%(skipped_keys)s) ORDER BY id LIMIT %(limit)s
"""
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
