/*
 * The way of an event: from the transaction that records it, through the outbox and Kafka, to its effect.
 *
 * README.md in this folder says which code each step stands for, what is proven and what is not. `make spec` runs it.
 * Promela in three lines: a process may be interrupted wherever it is not inside `atomic` or `d_step`; `->` and `;`
 * wait until the statement before them can be done; of several `::` that can be done, any may be.
 */

/* ---- How much is searched. check.py sets these. ---- */

#define WHOLE 0             /* writers, publishers, consumers */
#define PUBLISHING 1        /* writers and publishers, and a reader to whom nothing happens */
#define CONSUMING 2         /* consumers, and a publisher that does all that PUBLISHING shows to be possible, no more */
#ifndef PART
#define PART WHOLE
#endif
#ifndef ORDERS
#define ORDERS 1            /* keys */
#endif
#ifndef WRITERS
#define WRITERS 2           /* transactions that record one event each, of the orders in turn */
#endif
#ifndef ANSWERS
#define ANSWERS 0           /* 1: the effect of a writer's event records a further event */
#endif
#ifndef DEATHS
#define DEATHS 1            /* how often a process may die: any of them, at any of the named points */
#endif
#ifndef MISHAPS
#define MISHAPS 1           /* how often something may go wrong that no process dies of */
#endif
#ifndef REPEATS
#define REPEATS 1           /* CONSUMING: how many records may be duplicates */
#endif
#ifndef LOOKS
#define LOOKS 1             /* 0: publishers look at the outbox only when they are nudged */
#endif
#ifndef LANES
#define LANES 1             /* of the outbox: an order's events are in the lane of its number's remainder */
#endif
#ifndef OLDER
#define OLDER 0             /* 1: the second publisher is of a version before lanes: it takes all of them, or none */
#endif

/* ---- Guards. With one of them 0 the protocol is wrong, and tests/spec sees the search find out. ---- */

#ifndef ROW_LOCK
#define ROW_LOCK 1          /* 0: transactions that record events of one order do not wait for each other */
#endif
#ifndef OUTBOX
#define OUTBOX 1            /* 0: a writer sends by itself, before it commits */
#endif
#ifndef BY_PRESENCE
#define BY_PRESENCE 1       /* 0: a publisher reads the rows with id > the last that was read */
#endif
#ifndef LANE_LOCKS
#define LANE_LOCKS 1        /* 0: publishers do not keep each other out of lanes */
#endif
#ifndef LANE_OF_THE_KEY
#define LANE_OF_THE_KEY 1   /* 0: an event's lane is that of its row, not of its order */
#endif
#ifndef ALL_AFTER_A_SHARE
#define ALL_AFTER_A_SHARE 1 /* 0: whoever took a few lanes goes to rest without a pass over all that are free */
#endif
#ifndef SKIP_LOCKED
#define SKIP_LOCKED 0       /* 1: instead, each reads FOR UPDATE SKIP LOCKED */
#endif
#ifndef LOOK_AGAIN
#define LOOK_AGAIN 1        /* 0: whoever held the lock does not look again after letting go */
#endif
#ifndef ACKNOWLEDGED
#define ACKNOWLEDGED 1      /* 0: a row is deleted if it was handed over, acknowledged or not */
#endif
#ifndef HOLD_BACK
#define HOLD_BACK 1         /* 0: later rows of an order do not wait for one that was not acknowledged, in the same pass */
#endif
#ifndef ONE_TRANSACTION
#define ONE_TRANSACTION 1   /* 0: the inbox is asked, the effect committed, then the inbox is told */
#endif
#ifndef CLAIM_ROLLS_BACK
#define CLAIM_ROLLS_BACK 1  /* 0: claims are committed ahead, as work in progress, and outlive whoever made them */
#endif
#ifndef DATABASE_FIRST
#define DATABASE_FIRST 1    /* 0: the offset is committed before the database */
#endif

/* ---- Sets of events, as sets of orders, are the bits of a byte. ---- */

#define EVENTS 8
#define HAS(set, e) (((set) >> (e)) & 1)
#define ADD(set, e) set = (set) | (1 << (e))
#define DROP(set, e) set = (set) & ~(1 << (e))

inline any_of(set, e) {
    if
    :: HAS(set, 0) -> e = 0
    :: HAS(set, 1) -> e = 1
    :: HAS(set, 2) -> e = 2
    :: HAS(set, 3) -> e = 3
    :: HAS(set, 4) -> e = 4
    :: HAS(set, 5) -> e = 5
    :: HAS(set, 6) -> e = 6
    :: HAS(set, 7) -> e = 7
    fi
}

/* ---- PostgreSQL ---- */

byte sequence;              /* the next outbox id: taken before the commit, and not given back by a rollback */
byte order_of[EVENTS];
byte answers;               /* set of events that consumers recorded */
byte locked_orders;         /* set of orders whose row is locked */
byte outbox;                /* set of committed rows */
byte locked_lanes[2];       /* of each publisher: set of lanes whose advisory lock it holds; all are the whole outbox */
byte inbox;                 /* set of committed claims */
byte claims[2];             /* of each consumer: set of claims in its open transaction */
byte cursor;                /* used only where rows are not read BY_PRESENCE */
byte locked_rows[2];        /* used only with SKIP_LOCKED: of each publisher, set of rows */

/* ---- Kafka: one partition, without what lies before the group's committed offset. ---- */

#define LOG 12
byte log[LOG];
byte log_end;
byte limbo;                 /* set of messages that their sender gave up, and that may arrive all the same */
byte owner;                 /* the consumer to which the group gave the partition */
bool polls[2];              /* of each consumer: whether it believes that it is the owner */
bool outdated[2];           /* of each consumer: has not heard of the last rebalance, so its commits are refused */
byte position[2];           /* of each consumer: up to where it has polled */

/* ---- Processes. ---- */

bool nudged[2];             /* of each publisher */
byte deaths_left = DEATHS;
byte mishaps_left = MISHAPS;

#define DIE_AT(point) deaths_left--; printf("a process dies at "); printf(#point); printf("\n"); goto died
#define MAY_DIE_AT(point) if :: true :: deaths_left > 0 -> DIE_AT(point) fi

/* ---- What is proven. ---- */

byte writers_at_work = WRITERS;
byte committed;             /* set of events */
byte arrived;               /* set of events */
byte effected;              /* set of events */
byte earlier[EVENTS];       /* of each event: set of events of its order that committed before it and are not effected */
bool published_uncommitted, effected_twice, effected_out_of_order;

ltl nothing_lost { <> (writers_at_work == 0 && effected == committed) }

inline arrive(e) {
    published_uncommitted = !HAS(committed, e);
    assert(!published_uncommitted);
    printf("event %d arrives at Kafka\n", e);
#if PART == PUBLISHING
    if
    :: !HAS(effected, e) -> take_effect(e)
    :: else
    fi
#else
    ADD(arrived, e);
    assert(log_end < LOG);
    log[log_end] = e;
    log_end++
#endif
}

inline take_effect(e) {
    effected_twice = HAS(effected, e);
    assert(!effected_twice);
    effected_out_of_order = earlier[e] != 0;
    assert(!effected_out_of_order);
    printf("event %d takes effect\n", e);
    ADD(effected, e);
    for (j : 0 .. EVENTS - 1) {
        DROP(earlier[j], e)
    }
    j = 0
}

/* ---- Writers: a service changes an order, and records what happened in the same transaction. ---- */

inline take_id(e, order) {
    assert(sequence < EVENTS);
    e = sequence;
    order_of[e] = order;
    sequence++
}

inline commit_row(e) {
    for (i : 0 .. EVENTS - 1) {
        if
        :: HAS(committed & ~effected, i) && order_of[i] == order_of[e] -> ADD(earlier[e], i)
        :: else
        fi
    }
    i = 0;
    ADD(committed, e);
    ADD(outbox, e);
    printf("event %d of order %d is committed\n", e, order_of[e])
}

proctype Writer(byte order; byte publisher) {
    byte event, i, j;

    atomic {
        !ROW_LOCK || !HAS(locked_orders, order) -> ADD(locked_orders, order);
        take_id(event, order)
    };
    if
    :: OUTBOX
    :: !OUTBOX -> d_step { arrive(event) }
    fi;
    atomic {
        if
        :: d_step { commit_row(event); DROP(locked_orders, order) }
        :: mishaps_left > 0 -> mishaps_left--; DROP(locked_orders, order); goto ended   /* rolled back */
        :: deaths_left > 0 -> DROP(locked_orders, order); DIE_AT(outbox.before_commit)
        fi
    };
    atomic {
        MAY_DIE_AT(outbox.after_commit);
        nudged[publisher] = true
    };
died:
ended:
    atomic { event = 0; writers_at_work-- }
}

/* ---- Publishers: relay_outbox, and the thread of a process that writes, which its first nudge starts. ---- */

#define ALL_LANES ((1 << LANES) - 1)
#define MAY_SHARE (LANES > 1 && !(OLDER && me == 1))
#define LANE_OF(e) ((LANE_OF_THE_KEY -> order_of[e] : (e)) % LANES)

/* All that are free; or a few, of which one stands for any number, but no two shares in turn unless there was something. */
inline lock_lanes() {
    held = ALL_LANES & ~(LANE_LOCKS -> locked_lanes[1 - me] : 0);
    if
    :: OLDER && me == 1 && held != ALL_LANES -> held = 0
    :: else
    fi;
    is_share = false;
    if
    :: true
    :: may_share ->
        is_share = true;
        if
        :: HAS(held, 0) -> held = 1
        :: HAS(held, 1) -> held = 2
        :: held == 0
        fi
    fi;
    locked_lanes[me] = held
}

inline read_rows() {
    rows = outbox & ~locked_rows[1 - me];
    for (e : 0 .. EVENTS - 1) {
        if
        :: HAS(rows, e) && !HAS(held, LANE_OF(e)) -> DROP(rows, e)
        :: else
        fi
    }
    e = 0;
    if
    :: !BY_PRESENCE -> rows = (rows >> cursor) << cursor
    :: else
    fi;
    if
    :: SKIP_LOCKED -> locked_rows[me] = rows
    :: else
    fi;
    for (e : 0 .. EVENTS - 1) {
        if
        :: HAS(left_out, order_of[e]) -> DROP(rows, e)
        :: else
        fi
    }
    e = 0;
    unsent = rows;
    printf("publisher %d begins a pass, lanes %d, rows %d\n", me, held, rows)
}

/* Of each order the first row that is unsent, unless one was not acknowledged: that ends the pass. */
inline hand_over_a_wave() {
    if
    :: HOLD_BACK && failed != 0 -> unsent = 0
    :: else
    fi;
    for (e : 0 .. EVENTS - 1) {
        if
        :: HAS(unsent, e) && !HAS(orders, order_of[e]) -> ADD(wave, e); DROP(unsent, e); ADD(orders, order_of[e])
        :: else
        fi
    }
    orders = 0;
    e = 0;
    if
    :: !ACKNOWLEDGED -> delivered = delivered | wave
    :: else
    fi
}

inline acknowledged(e) {
    ADD(delivered, e);
    DROP(wave, e);
    if
    :: wave == 0 -> hand_over_a_wave()
    :: else
    fi;
    e = 0
}

inline not_acknowledged(e) {
    printf("publisher %d gets no acknowledgement of event %d\n", me, e);
    ADD(limbo, e);
    DROP(wave, e);
    ADD(failed, order_of[e]);
    if
    :: wave == 0 -> hand_over_a_wave()
    :: else
    fi;
    e = 0
}

inline delete_and_commit() {
    if
    :: connected -> outbox = outbox & ~delivered; locked_lanes[me] = 0
    :: else                 /* nothing: all of it will be sent again */
    fi;
    if
    :: !BY_PRESENCE ->
        do
        :: (rows >> cursor) != 0 -> cursor++
        :: else -> break
        od
    :: else
    fi;
    locked_rows[me] = 0;
    due = (rows != 0) || (is_share && ALL_AFTER_A_SHARE);   /* whoever found rows makes another pass */
    may_share = MAY_SHARE && (!is_share || rows != 0);
    if
    :: connected && failed -> left_out = left_out | failed
    :: connected && !failed -> left_out = 0
    :: else
    fi;
    printf("publisher %d ends its pass, delivered %d\n", me, delivered);
    rows = 0; unsent = 0; delivered = 0; failed = 0; connected = false
}

proctype Publisher(byte me; bool is_relay) {
    bool due = is_relay;    /* a pass, without waiting for a nudge */
    bool runs = is_relay;
    bool may_share = MAY_SHARE;
    bool is_share;          /* whether this pass is one over a few of the lanes that are free */
    byte held;              /* set of lanes whose locks it took for this pass */
    bool connected;         /* to the database, ever since it took the locks */
    byte rows;              /* set of rows that this pass found */
    byte unsent;            /* of these, set of rows not yet handed over to the producer */
    byte wave;              /* set of rows handed over, and not yet answered */
    byte delivered;         /* set of rows acknowledged */
    byte failed;            /* set of orders of which a row was not acknowledged */
    byte left_out;          /* set of orders that failed in earlier passes: left out until a pass without failure */
    byte orders, e, j;

end_waiting:
    atomic {
        due || nudged[me] || (LOOKS && runs);
        due = false;
        runs = true;
        nudged[me] = false;
        lock_lanes();
        if
        :: held == 0 -> printf("publisher %d finds all lanes taken\n", me); is_share = false; may_share = false; goto end_waiting
        :: else
        fi;
        connected = true;
        d_step { read_rows() };
        MAY_DIE_AT(delivery.before_send);
        d_step { hand_over_a_wave() }
    };
    do
    :: wave == 0 -> break
    :: atomic { wave != 0 -> any_of(wave, e); d_step { arrive(e); acknowledged(e) } }
    :: atomic { wave != 0 && mishaps_left > 0 -> mishaps_left--; any_of(wave, e); d_step { not_acknowledged(e) } }
    :: atomic { wave != 0 && mishaps_left > 0 && connected -> mishaps_left--;   /* PostgreSQL ends the session */
            connected = false;
            locked_lanes[me] = 0;
            printf("publisher %d loses its transaction, and does not know\n", me) }
    :: atomic { wave != 0 && deaths_left > 0 -> DIE_AT(delivery.after_send) }
    od;
    atomic {
        MAY_DIE_AT(delivery.after_acknowledge);
        d_step { delete_and_commit() };
        if
        :: due -> held = 0; is_share = false; MAY_DIE_AT(delivery.after_commit); goto end_waiting
        :: else
        fi
    };
    atomic {
        MAY_DIE_AT(delivery.after_commit);
        d_step {
            for (e : 0 .. EVENTS - 1) {
                if
                :: LOOK_AGAIN && HAS(outbox, e) && HAS(held, LANE_OF(e)) -> due = true
                :: else
                fi
            }
            e = 0;
            held = 0;
            is_share = false
        };
        goto end_waiting
    };

died:
    atomic {
        if
        :: connected -> locked_lanes[me] = 0
        :: else
        fi;
        may_share = MAY_SHARE; is_share = false; held = 0;
        limbo = limbo | wave;
        locked_rows[me] = 0;
        rows = 0; unsent = 0; wave = 0; delivered = 0; failed = 0; left_out = 0; connected = false;
        nudged[me] = false;
        printf("publisher %d starts again\n", me);
        runs = is_relay;    /* a thread does so when it is nudged */
        due = is_relay;
        goto end_waiting
    }
}

/* ---- Consumers: the two members of a group. ---- */

#define BATCH 2             /* records at most */

inline rebalance(to) {
    owner = to;
    outdated[0] = true;
    outdated[1] = true;
    printf("the group gives the partition to consumer %d\n", to)
}

inline hear_of_the_rebalance() {
    outdated[me] = false;
    polls[me] = (owner == me);
    position[me] = 0        /* the committed offset */
}

inline take_batch() {
    do
    :: size < BATCH && position[me] < log_end ->
        batch[size] = log[position[me]];
        ADD(in_hand, batch[size]);
        printf("consumer %d polls event %d\n", me, batch[size]);
        size++;
        position[me]++
    :: else -> break
    od
}

/* The group goes on behind what its owner has polled. What lies before that would be no news to another who polls it. */
inline commit_offset() {
    for (i : 0 .. LOG - 1) {
        if
        :: i + position[me] < log_end -> log[i] = log[i + position[me]]
        :: else -> log[i] = 0
        fi
    }
    i = 0;
    log_end = log_end - position[me];
    if
    :: position[1 - me] > position[me] -> position[1 - me] = position[1 - me] - position[me]
    :: else -> position[1 - me] = 0
    fi;
    position[me] = 0;
    printf("consumer %d commits its offset\n", me)
}

inline choose_orders() {
    for (i : 0 .. EVENTS - 1) {
        if
        :: HAS(claims[me] & ~answers, i) -> ADD(orders, order_of[i])
        :: else
        fi
    }
    i = 0
}

inline record_answers() {
    for (i : 0 .. EVENTS - 1) {
        if
        :: HAS(claims[me] & ~answers, i) -> take_id(e, order_of[i]); ADD(answers, e); ADD(recorded, e)
        :: else
        fi
    }
    i = 0;
    e = 0
}

inline commit_batch() {
    for (k : 0 .. BATCH - 1) {
        if
        :: k < size && HAS(claims[me], batch[k]) -> DROP(claims[me], batch[k]); take_effect(batch[k])
        :: else
        fi
    }
    if
    :: ONE_TRANSACTION -> inbox = inbox | in_hand
    :: else
    fi;
    for (k : 0 .. EVENTS - 1) {
        if
        :: HAS(recorded, k) -> commit_row(k)
        :: else
        fi
    }
    k = 0;
    locked_orders = locked_orders & ~orders;
    orders = 0
}

inline roll_back() {
    locked_orders = locked_orders & ~orders;
    orders = 0;
    recorded = 0
}

inline forget_batch() {
    size = 0;
    in_hand = 0;
    batch[0] = 0;
    batch[1] = 0
}

proctype Consumer(byte me; byte publisher) {
    byte batch[BATCH];
    byte size;
    byte in_hand;           /* the batch as a set */
    byte orders;            /* set of orders that its transaction locks */
    byte recorded;          /* set of events that its transaction records */
    byte e, i, j, k;

end_polling:
    atomic {
        if
        :: outdated[me] -> MAY_DIE_AT(rebalance.revoked); d_step { hear_of_the_rebalance() }; goto end_polling
        :: polls[me] && position[me] < log_end  /* perhaps unaware that it is not the owner any more */
        fi;
        d_step {
            take_batch();
            if
            :: !DATABASE_FIRST -> commit_offset()
            :: else
            fi
        }
    };

handle:
    atomic {
        MAY_DIE_AT(batch.before_claim);
        !ONE_TRANSACTION || (claims[1 - me] & in_hand) == 0;    /* else it waits until the other transaction ends */
        claims[me] = in_hand & ~inbox
    };
    if
    :: ANSWERS ->
        atomic {
            MAY_DIE_AT(batch.after_claim);
            d_step { choose_orders() };
            (locked_orders & orders) == 0;
            locked_orders = locked_orders | orders;
            d_step { record_answers() }
        }
    :: else
    fi;
    atomic {
        MAY_DIE_AT(batch.before_commit);
        if
        :: d_step { commit_batch() }
        :: mishaps_left > 0 -> mishaps_left--; d_step { claims[me] = 0; roll_back() }; goto failed
        :: deaths_left > 0 -> deaths_left--; d_step { commit_batch(); recorded = 0 }; goto failed   /* it can't tell */
        fi
    };
    if
    :: recorded != 0 ->
        atomic {
            MAY_DIE_AT(outbox.after_commit);
            nudged[publisher] = true;
            recorded = 0
        }
    :: else
    fi;
    atomic {
        MAY_DIE_AT(batch.after_commit);
        if
        :: !ONE_TRANSACTION -> inbox = inbox | in_hand
        :: else
        fi;
        if
        :: DATABASE_FIRST && !outdated[me] -> d_step { commit_offset() }
        :: DATABASE_FIRST && !outdated[me] -> skip      /* it comes with a later batch, or fails */
        :: !DATABASE_FIRST || outdated[me]
        fi;
        MAY_DIE_AT(offsets.after_commit);
        d_step { forget_batch() };
        goto end_polling
    };

failed:
    atomic {
        if
        :: outdated[me] -> d_step { forget_batch(); hear_of_the_rebalance() }; goto end_polling
        :: goto handle      /* perhaps unaware */
        fi
    };

died:
    atomic {
        d_step {
            if
            :: CLAIM_ROLLS_BACK -> claims[me] = 0
            :: else
            fi;
            roll_back();
            forget_batch();
            polls[me] = false;
            position[me] = 0;
            printf("consumer %d starts again\n", me)
        };
        if
        :: d_step { rebalance(me) }
        :: d_step { rebalance(1 - me) }
        fi;
        goto end_polling
    }
}

/* ---- Kafka: what it does by itself. ---- */

proctype Broker() {
    byte e, j;

end:
    do
    :: atomic { limbo != 0 ->
            any_of(limbo, e);
            DROP(limbo, e);
            if
            :: d_step { arrive(e) }
            :: true         /* never */
            fi;
            e = 0 }
#if PART != PUBLISHING
    :: atomic { mishaps_left > 0 -> mishaps_left--; d_step { rebalance(1 - owner) } }
    :: mishaps_left > 0 -> mishaps_left = 0     /* all goes well from now on */
#endif
    od
}

#if PART == CONSUMING
/* Every event arrives, after those that committed earlier; some arrive again at any time. */
proctype AnyPublisher() {
    byte repeats_left = REPEATS;
    byte ready, e, i, j;

    d_step {
        for (j : 0 .. WRITERS - 1) {
            take_id(e, j % ORDERS);
            commit_row(e)
        }
        e = 0;
        j = 0;
        writers_at_work = 0
    };
end:
    do
    :: atomic { (committed & ~arrived) != 0 ->
            d_step {
                for (i : 0 .. EVENTS - 1) {
                    if
                    :: HAS(committed & ~arrived, i) && (earlier[i] & ~arrived) == 0 -> ADD(ready, i)
                    :: else
                    fi
                }
                i = 0
            };
            any_of(ready, e);
            d_step { arrive(e); e = 0; ready = 0 } }
    :: atomic { arrived != 0 && repeats_left > 0 -> repeats_left--; any_of(arrived, e); d_step { arrive(e); e = 0 } }
    :: arrived == committed && repeats_left > 0 -> repeats_left = 0
    od
}
#endif

init {
    byte w;

    atomic {
#if PART == CONSUMING
        run AnyPublisher();
#else
        for (w : 0 .. WRITERS - 1) {
            run Writer(w % ORDERS, w % 2)
        }
        w = 0;
        run Publisher(0, true);
        run Publisher(1, false);
#endif
#if PART != PUBLISHING
        polls[0] = true;
        run Consumer(0, 0);
        run Consumer(1, 1);
#endif
        run Broker()
    }
}
