"""Who may write to Kafka, and what becomes of what somebody else wrote: by real processes on a real broker."""

import json
import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from kafka.errors import AuthorizationError

from devstack import product
from devstack.kafka.security import SUPER_USER, SecuredKafka
from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka import subscribe
from tests.e2e import kafka_acls
from tests.e2e.system import ROOT, SERVICES, System
from tests.waiting import wait_until


class SecuredSystem(System):
    """The product with a user of Kafka for each kind of process; commands are `orderflow-admin`."""

    kafka: SecuredKafka

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | self.kafka.login("orderflow-admin")

    def start(self, *names: str, **settings: str) -> None:
        for name in names:
            super().start(name, **(self.kafka.login(f"orderflow-{name}") | settings))

    def refused(self, *arguments: str, **settings: str) -> str:
        """The error of a command that has to fail."""
        done = subprocess.run(
            product.manage(*arguments),
            env=os.environ | self.environment | settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 1, done
        assert done.stdout == ""
        return done.stderr

    def said(self, name: str, event: str, key: str) -> str:
        """Wait for a log line of a process since its start; returns a field of it."""

        def found() -> list[str]:
            text = (self.folder / f"{name}.log").read_bytes()[self._log_starts[name] :]
            lines = [json.loads(line) for line in text.decode().splitlines() if line.startswith("{")]
            return [line[key] for line in lines if line["event"] == event]

        return wait_until(found, within=60, what=f"{name} logs {event}")[-1]

    def client(self, user: str) -> dict[str, Any]:
        """The options of a kafka-python client for this user."""
        login = self.kafka.login(user)
        return {
            "bootstrap_servers": self.kafka.bootstrap_servers,
            "api_version": (2, 6),
            "security_protocol": "SASL_SSL",
            "ssl_context": ssl.create_default_context(cafile=str(self.kafka.ca_file)),
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": login["KAFKA_SASL_USERNAME"],
            "sasl_plain_password": login["KAFKA_SASL_PASSWORD"],
        }

    def allow(self, *kinds: str) -> None:
        """Set the ACLs of these blocks of docs/kafka-security.md, and no others."""
        kafka_acls.forbid_all(self.client(SUPER_USER))
        kafka_acls.allow(self.client(SUPER_USER), (acl for kind in kinds for acl in kafka_acls.acls(kind)))


@pytest.fixture(scope="module")
def _secured(tmp_path_factory) -> Iterator[SecuredSystem]:
    folder = tmp_path_factory.mktemp("secured")
    passwords = {user: uuid4().hex for user in (SUPER_USER, *kafka_acls.users())}
    system = SecuredSystem(folder, SecuredKafka(folder / "kafka", passwords=passwords))
    with system.postgres, system.kafka:
        try:
            system.allow("sh")
            system.prepare()
            yield system
        finally:
            for process in system.processes.values():
                process.kill()


@pytest.fixture
def secured(_secured) -> Iterator[SecuredSystem]:
    """The prepared product without running processes, on a broker with the ACLs of the documentation."""
    _secured.allow("sh")
    yield _secured
    _secured.stop()


def send(client: Mapping[str, Any], topic: str, value: bytes = b"{}", **message: Any) -> None:
    producer = KafkaProducer(**client, acks="all", max_block_ms=5000)
    try:
        producer.send(topic, value=value, **message).get(timeout=10)
    finally:
        producer.close(timeout=2)


def test_what_the_documentation_sets_is_what_the_devstacks_broker_has(tmp_path):
    has = SecuredKafka(tmp_path, passwords={SUPER_USER: "s"}).settings(tmp_path)
    told = dict(line.split("=", maxsplit=1) for line in kafka_acls.block("properties").splitlines())

    assert len(told) == 7
    assert told.items() <= has.items()


def test_with_the_documented_users_an_order_is_placed_and_invoiced(secured):
    secured.start(*SERVICES)

    order = secured.invoiced(secured.place(quantity=3).json()["id"])

    assert order["status"] == "confirmed"
    assert not secured.events("web", "publishing_failed")


def test_with_the_relay_as_the_only_writer_an_order_is_placed_and_invoiced(secured):
    relay_only = [*list(kafka_acls.acls("sh"))[len(writers()) :], *kafka_acls.acls("sh relay")]
    kafka_acls.forbid_all(secured.client(SUPER_USER))
    kafka_acls.allow(secured.client(SUPER_USER), relay_only)

    secured.start(*SERVICES, PUBLISH_ON_COMMIT="off")

    assert secured.invoiced(secured.place().json()["id"])["status"] == "confirmed"
    for user in ("orderflow-web", "orderflow-orders", "orderflow-inventory", "orderflow-invoicing"):
        with pytest.raises(AuthorizationError):
            send(secured.client(user), "orders")


def writers() -> list[Any]:
    """What the first command of the documentation allows: to write."""
    allowed = list(kafka_acls.acls("sh"))
    written = [acl for acl in allowed if acl.operation.name == "WRITE"]
    assert written == allowed[: len(written)]
    return written


@pytest.mark.parametrize("user", ["orderflow-reader", "orderflow-admin"])
@pytest.mark.parametrize("topic", ["orders", "inventory", "invoicing", "backorders"])
def test_whoever_has_no_right_to_write_a_topic_does_not(secured, user, topic):
    """`allow.everyone.if.no.acl.found` and the principal of the listener decide: see provectus/kafka-ui#3414."""
    with pytest.raises(AuthorizationError):
        send(secured.client(user), topic)


def test_a_single_user_for_all_needs_what_is_documented(secured):
    kafka_acls.forbid_all(secured.client(SUPER_USER))
    kafka_acls.allow(secured.client(SUPER_USER), map(_of_admin, kafka_acls.acls("sh one")))
    one = secured.kafka.login("orderflow-admin") | {"KAFKA_TOPIC_PREFIX": "orderflow."}
    subprocess.run(
        product.manage("ensure_topics"), env=os.environ | secured.environment | one, cwd=ROOT, check=True, timeout=60
    )

    secured.start(*SERVICES, **one)

    assert secured.invoiced(secured.place().json()["id"])["status"] == "confirmed"


def _of_admin(acl: Any) -> Any:
    acl.principal = "User:orderflow-admin"
    return acl


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (
            {"KAFKA_SASL_PASSWORD": "swordfish"},
            "Kafka at {server} refuses the log-in: KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is wrong",
        ),
        (
            {"KAFKA_SASL_USERNAME": "nobody"},
            "Kafka at {server} refuses the log-in: KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is wrong",
        ),
        (
            {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"},
            "Kafka at {server} does not take KAFKA_SASL_MECHANISM SCRAM-SHA-256",
        ),
        (
            {"KAFKA_SSL_CAFILE": ""},
            "the certificate of Kafka at {server} is not taken: self-signed certificate in certificate chain",
        ),
        (
            {"KAFKA_TOPIC_PREFIX": "other."},
            (
                "Kafka does not allow user orderflow-admin this: the ACL Describe on topic other.backorders, "
                "other.inventory, other.invoicing, other.orders is missing"
            ),
        ),
    ],
    ids=["password", "user", "mechanism", "ca", "acl"],
)
def test_what_is_wrong_is_said_in_one_line_without_a_secret(secured, wrong, line):
    """Clients say "no connection", or nothing: confluentinc/librdkafka#2215, oleksiyk/kafka#269."""
    stderr = secured.refused("ensure_topics", **wrong)

    assert stderr.strip().splitlines()[-1].endswith(line.format(server=secured.kafka.bootstrap_servers))
    assert len(stderr.strip().splitlines()) == 1
    assert "swordfish" not in stderr
    assert secured.environment["KAFKA_SASL_PASSWORD"] not in stderr


def test_a_certificate_for_another_host_is_not_taken(secured):
    elsewhere = secured.kafka.bootstrap_servers.replace("127.0.0.1", "localhost")

    stderr = secured.refused("ensure_topics", KAFKA_BOOTSTRAP_SERVERS=elsewhere)

    assert f"the certificate of Kafka at {elsewhere} is not taken: Hostname mismatch" in stderr


def test_a_topic_that_may_not_be_created_is_named(secured):
    may_look = [acl for acl in kafka_acls.acls("sh one") if acl.operation.name == "DESCRIBE"]
    kafka_acls.allow(secured.client(SUPER_USER), map(_of_admin, may_look))

    stderr = secured.refused("ensure_topics", KAFKA_TOPIC_PREFIX="orderflow.other.")

    assert "user orderflow-admin this: the ACL Create on topic orderflow.other.backorders is missing" in stderr


def test_a_consumer_without_its_right_names_it_and_goes_on_once_it_has_it(secured):
    """Clients that tell it once or never: confluentinc/confluent-kafka-python#1461."""
    of_group = [acl for acl in kafka_acls.acls("sh") if acl.resource_pattern.resource_name == "orderflow-inventory"]
    rest = [acl for acl in kafka_acls.acls("sh") if acl.resource_pattern.resource_name != "orderflow-inventory"]
    kafka_acls.forbid_all(secured.client(SUPER_USER))
    kafka_acls.allow(secured.client(SUPER_USER), rest)
    secured.start(*SERVICES)
    order_id = secured.place().json()["id"]

    assert secured.said("inventory", "subscription_renewed", "reason") == (
        "Kafka does not allow user orderflow-inventory this: the ACL Read on group orderflow-inventory is missing"
    )
    kafka_acls.allow(secured.client(SUPER_USER), of_group)
    assert secured.invoiced(order_id)["status"] == "confirmed"


def test_a_web_server_without_its_right_takes_orders_names_it_and_publishes_once_it_has_it(secured):
    """A producer that may not write got no answer, and nobody knew: confluentinc/confluent-kafka-python#916."""
    kafka_acls.forbid_all(secured.client(SUPER_USER))
    secured.start("web")
    order_id = secured.place().json()["id"]

    assert secured.said("web", "publishing_failed", "detail") == (
        "events of 1 order not delivered: "
        "Kafka does not allow user orderflow-web this: the ACL Write on topic orders is missing"
    )
    secured.allow("sh")
    secured.start("orders", "inventory", "invoicing", "relay")
    assert secured.invoiced(order_id)["status"] == "confirmed"


def test_a_consumer_whose_broker_has_another_certificate_since_renews_its_client_and_says_why(secured, settings):
    """TLS errors come out of kafka-python's `poll()` as they are."""
    client = {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "orderflow-orders"}
    client |= {"sasl_password": "-", "bootstrap_servers": secured.kafka.bootstrap_servers}
    settings.KAFKA = settings.KAFKA | client
    subscription = subscribe("orders", ["inventory"])

    with pytest.raises(TransportUnavailable, match="is not taken: self-signed certificate in certificate chain"):
        for _ in range(20):
            subscription.poll(timeout=0.5, max_records=1)


@pytest.mark.parametrize("name", ["web", "inventory"])
def test_a_process_with_a_wrong_password_says_so(secured, name):
    secured.start(name, KAFKA_SASL_PASSWORD="swordfish")
    if name == "web":
        secured.place()

    event, key = ("publishing_failed", "detail") if name == "web" else ("waiting", "reason")
    assert "refuses the log-in: KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is wrong" in secured.said(name, event, key)
    assert "swordfish" not in (secured.folder / f"{name}.log").read_text(errors="replace")


# --- where anybody may write -----------------------------------------------------------------------------------------


def test_a_forged_confirmation_is_a_dead_letter_and_the_order_gets_its_own_invoice_once_it_is_discarded(system):
    """Seen: an invoice of 99,999.00, by an event that somebody sent to Kafka by hand."""
    system.stop("orders")
    order = system.place().json()
    answered = f"inventory_stockanswer WHERE order_id = '{order['id']}'"
    wait_until(lambda: system.count(answered), what="the order is in the topic, before the forged event")
    body = {name: order[name] for name in ("reference", "customer_id", "currency", "lines")}
    body |= {"order_id": order["id"], "client_id": 1, "net": "99999.00", "tax": "0.00", "total": "99999.00"}
    body["taxes"] = [{"rate": "0", "net": "99999.00", "tax": "0.00"}]
    client = {"bootstrap_servers": system.kafka.bootstrap_servers, "api_version": (2, 6)}

    send(client, "orders", json.dumps(body).encode(), key=order["id"].encode(), headers=forged_headers(order["id"]))

    def letter() -> list[tuple[int, str]]:
        return system.query(
            f"SELECT id, error FROM messaging_deadletter WHERE consumer = 'invoicing' AND key = '{order['id']}'"
        )

    ((number, error),) = wait_until(letter, what="the dead letter")
    assert error == "UnrecordedEvent: order.confirmed.v1: its publisher knows of no such event of this order"
    system.start("orders")
    wait_until(lambda: system.order(order["id"])["status"] == "confirmed", what="the true event")
    wait_until(lambda: len(letter()) == 2, what="the true event waits")
    assert not system.order(order["id"])["invoice_number"]

    system.manage("dead_letters", "discard", str(number), "--reason", "forged")

    invoice = system.get(f"/invoices/{system.invoiced(order['id'])['invoice_number']}").json()
    assert invoice["total"] == order["total"]


def forged_headers(order_id: str) -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(uuid4()).encode()),
        ("ce_type", b"order.confirmed.v1"),
        ("ce_source", b"/orderflow/orders"),
        ("ce_subject", order_id.encode()),
        ("ce_time", b"2026-11-26T12:00:00Z"),
        ("content-type", b"application/json"),
    ]
