from messaging.events import new_id
from messaging.outbox.republishing import id_of
from tests.toy_events import Happened, Sent, Undone


def test_what_is_published_again_has_the_same_id_each_time():
    order_id = new_id()

    assert id_of(Happened(order_id=order_id, number=1)) == id_of(Happened(order_id=order_id, number=2))
    assert id_of(Happened(order_id=order_id)) != id_of(Undone(order_id=order_id))


def test_several_events_of_one_type_for_one_order_have_ids_of_their_own():
    order_id = new_id()

    assert id_of(Sent(order_id=order_id, shipment="S-1")) != id_of(Sent(order_id=order_id, shipment="S-2"))
