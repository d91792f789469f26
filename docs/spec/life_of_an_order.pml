/*
 * The life of an order: people cancel it and send its goods while stock is reserved for it and its invoice is issued.
 *
 * That an event arrives, once and in order, way_of_an_event.pml shows. Here what three apps do with the events of one
 * order is searched for every order of things: also where an event comes later than those behind it, as after a dead
 * letter that a person replays, and where it comes again under another id, as after `republish_events`.
 * README.md in this folder says which code each step stands for.
 */

/* ---- How much is searched. check.py sets these. ---- */

#ifndef UNITS
#define UNITS 2             /* that the order asks for, on one line */
#endif
#ifndef MISHAPS
#define MISHAPS 1           /* how often an event comes later than those behind it, or once more */
#endif

/* ---- Guards. With one of them 0 the protocol is wrong, and tests/spec sees the search find out. ---- */

#ifndef ROW_LOCK
#define ROW_LOCK 1          /* 0: who looks at an order and then changes it does not keep others out */
#endif
#ifndef LATE_ANSWERS
#define LATE_ANSWERS 1      /* 0: what stock answers is believed, whatever has become of the order meanwhile */
#endif
#ifndef DECIDED_ONCE
#define DECIDED_ONCE 1      /* 0: that an order is cancelled is no decision on it: it may be reserved for later */
#endif
#ifndef RELEASED_ONCE
#define RELEASED_ONCE 1     /* 0: each cancellation that comes releases */
#endif
#ifndef KEPT
#define KEPT 1              /* 0: invoicing forgets a cancellation that comes before the confirmation */
#endif
#ifndef CREDITED_ONCE
#define CREDITED_ONCE 1     /* 0: each cancellation that comes is credited */
#endif

mtype = { placed, reserved, waits, confirmed, cancelled, sent, order_placed, order_waits, order_confirmed, order_sent_in_part,
          order_sent, order_cancelled, undecided, decided_to_hold, decided_to_wait, decided_to_cancel };

/* Topics, by reader. Of an event: its type, how many units, and of a shipment which. */
chan to_inventory = [8] of { mtype, byte, byte };
chan to_orders = [4] of { mtype, byte, byte };
chan to_invoicing = [6] of { mtype, byte, byte };

/* Orders: one row. */
mtype status = order_placed;
byte open = UNITS, sent_units, cancelled_units, shipments;
bool was_confirmed;
bool row_locked;

/* Inventory. `held` and what left the shelf are numbers below 0 where too much was released or issued. */
mtype decision = undecided;
short held, left_the_shelf;
bool released, issued[3];

/* Invoicing: of the one invoice, the units that were billed and credited. */
byte invoices, kept;
short credited;

byte mishaps = MISHAPS;

/* ---- Promises. ---- */

bool lost_units;            /* not every unit is open, sent or cancelled, and just one of it */
bool held_wrongly;          /* at the end stock holds other units than are open of a confirmed order */
bool issued_wrongly;        /* at the end other units have left the shelf than were sent */
bool billed_wrongly;        /* at the end an order that was confirmed is not billed once, or what was cancelled not credited */
bool billed_twice;
bool stuck;                 /* at the end the order is not decided on */

inline lock_row() { atomic { !ROW_LOCK || !row_locked -> row_locked = true } }
inline unlock_row() { row_locked = false }
inline count_units() { lost_units = lost_units || open + sent_units + cancelled_units != UNITS; assert(!lost_units) }

/* Whoever asks is told yes or no; a yes is committed with its event. */
proctype Canceller() {
    mtype seen; byte units;
    lock_row();
    atomic { seen = status; units = open }
    if
    :: seen == order_placed || seen == order_waits || seen == order_confirmed || seen == order_sent_in_part ->
        d_step {
            open = open - units; cancelled_units = cancelled_units + units;
            status = (seen == order_sent_in_part -> order_sent : order_cancelled);
            to_inventory!cancelled(units, 0); to_invoicing!cancelled(units, 0);
            printf("the order is cancelled: %d units\n", units)
        }
    :: else -> printf("it can't be cancelled\n")
    fi;
    d_step { count_units(); unlock_row() }
}

proctype Packer() {
    mtype seen; byte units;
    lock_row();
    atomic { seen = status; units = open }
    if
    :: (seen == order_confirmed || seen == order_sent_in_part) && units > 0 ->
        if
        :: units > 1 -> units = 1
        :: true
        fi;
        d_step {
            open = open - units; sent_units = sent_units + units; shipments++;
            status = (open > 0 -> order_sent_in_part : order_sent);
            to_inventory!sent(units, shipments);
            printf("%d units are sent\n", units)
        }
    :: else -> printf("it can't be sent\n")
    fi;
    d_step { count_units(); unlock_row() }
}

/* The next event; or by mishap one behind it, or one that will come again. */
inline take(topic) {
    if
    :: topic?event(units, which)
    :: atomic { mishaps > 0 && len(topic) > 1 -> mishaps--; topic?event(units, which); topic!event(units, which) };
       printf("an event is set aside, and replayed behind the others\n"); topic?event(units, which)
    :: atomic { mishaps > 0 && nempty(topic) -> mishaps--; topic?event(units, which); topic!event(units, which) };
       printf("an event will come again\n")
    fi
}

active proctype Orders() {
    mtype event; byte units, which;
end_waiting:
    do
    :: take(to_orders);
        lock_row();
        d_step {
            if
            :: event == waits && (status == order_placed || !LATE_ANSWERS) -> status = order_waits
            :: event == reserved && (status == order_placed || status == order_waits || !LATE_ANSWERS) ->
                status = order_confirmed; was_confirmed = true;
                to_invoicing!confirmed(UNITS, 0);
                printf("the order is confirmed\n")
            :: else
            fi;
            unlock_row()
        }
    od
}

active proctype Inventory() {
    mtype event; byte units, which;
end_waiting:
    do
    :: take(to_inventory);
        d_step {
            if
            :: event == placed && decision == undecided ->
                if
                :: which -> decision = decided_to_wait; to_orders!waits(0, 0)
                :: else -> decision = decided_to_hold; held = held + UNITS; to_orders!reserved(0, 0)
                fi
            :: event == cancelled && decision == undecided ->
                if
                :: DECIDED_ONCE -> decision = decided_to_cancel
                :: else
                fi
            :: event == cancelled && decision == decided_to_wait -> decision = decided_to_cancel
            :: event == cancelled && decision == decided_to_hold && !(released && RELEASED_ONCE) ->
                released = true; held = held - units
            :: event == sent && !issued[which] -> issued[which] = true; held = held - units;
                left_the_shelf = left_the_shelf + units
            :: else
            fi;
            printf("inventory holds %d\n", held)
        }
    :: d_step { decision == decided_to_wait -> decision = decided_to_hold; held = held + UNITS; to_orders!reserved(0, 0);
        printf("stock comes in, and the order that waited is served\n") }
    od
}

active proctype Invoicing() {
    mtype event; byte units, which;
end_waiting:
    do
    :: take(to_invoicing);
        d_step {
            if
            :: event == confirmed && invoices == 0 && !(KEPT && kept == UNITS) ->
                invoices++; credited = credited + kept;
                printf("the invoice is issued, %d units are credited\n", credited)
            :: event == cancelled && !(kept && CREDITED_ONCE) ->
                kept = (KEPT || invoices > 0 -> units : 0);
                credited = credited + (invoices > 0 -> units : 0);
                printf("invoicing knows that %d units are cancelled, credited are %d\n", units, credited)
            :: else
            fi;
            billed_twice = billed_twice || invoices > 1;
            assert(!billed_twice)
        }
    od
}

/* When nothing more can happen. */
#define IS_HELD (status == order_confirmed || status == order_sent_in_part)
active proctype Auditor() {
    short due;
    timeout;
    d_step {
        stuck = status == order_placed || status == order_waits;
        due = (invoices > 0 -> cancelled_units : 0);
        held_wrongly = held != (IS_HELD -> open : 0);
        issued_wrongly = left_the_shelf != sent_units;
        billed_wrongly = invoices == 0 && was_confirmed && cancelled_units < UNITS;
        billed_wrongly = billed_wrongly || (invoices > 0 && !was_confirmed);
        billed_wrongly = billed_wrongly || credited != due;
        assert(!stuck); assert(!held_wrongly); assert(!issued_wrongly); assert(!billed_wrongly)
    }
}

/* Who orders, and then people who do not know of each other; of a shortage the order waits. */
init {
    byte short_of;
    if
    :: short_of = 1
    :: short_of = 0
    fi;
    atomic { to_inventory!placed(UNITS, short_of); run Canceller(); run Packer(); run Packer() }
}
