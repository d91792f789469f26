"""What each kind of setting may be, as tables of what operators write."""

import os

import pytest

from config import hosts, validators


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (hosts.bootstrap_servers, ["kafka:9092", "127.0.0.1:9", "[::1]:9092", "my_kafka:1", "a.example:1,b:65535"]),
        (hosts.allowed_host, ["orders.example.com", ".example.com", "*", "127.0.0.1", "[::1]", "my_web"]),
        (hosts.address_to_listen_on, ["0.0.0.0", "::", "localhost"]),
        (hosts.origin, ["https://orders.example.com", "http://localhost:8000", "https://*.example.com"]),
        (validators.kafka_prefix, ["orderflow-", "staging.", "a_b", "x" * 200]),
        (validators.invoice_series, ["INV", "UK-2", "a_1", "0123456789"]),
        (validators.crash_point, ["delivery.after_send", "rebalance.revoked:2"]),
        (validators.text, ["x", "Mugs & Söhne", "a b"]),
        (validators.secret, ["p ss ", "$ecret", "ü"]),
    ],
)
def test_what_is_right_is_taken_as_it_is(check, values):
    assert [check(value) for value in values] == values


@pytest.mark.parametrize(
    ("check", "values"),
    [
        # kafka-python goes to another port than 99999, and to localhost for what is no address at all.
        (hosts.bootstrap_servers, ["127.0.0.1:abc", "a;b", "a:99999", "a:0", "a:", ":9092", ",", "::1:9092"]),
        (hosts.bootstrap_servers, ["[::1:9092", "PLAINTEXT://a:9092", "u:p@a:9092", "a b:9092", "a:9092,b:x"]),
        (hosts.bootstrap_servers, ["1.2.3:9", "a:٣", "a..b:9", "-a:9", "a:9092/x"]),
        (hosts.allowed_host, ["https://a.example", "a.example:8000", "a/b", "", "a b", "[::1", "*.example.com"]),
        (hosts.origin, ["a.example", "https://", "ftp://a", "https://a/path", "https://a:x", "https://*"]),
        (validators.kafka_prefix, ["a b", "ü", "a/b", "x" * 201, "a\n", ""]),
        (validators.invoice_series, ["", "INV/UK", "INV?", "01234567890", "-A", "ÄRZTE", "A B", "A\n"]),
        (validators.crash_point, ["x", "a.b:0", "a.b:x", "a.b:", "a.b:-1", "a.b\n"]),
        (validators.text, [" a", "a ", "a\n", "a\x1b[31m", "a\u202e", "\udcff", "a\u2028b"]),
        (validators.secret, ["a\n", "a\x00", "\udcff", "  "]),
        (validators.short_text, ["x" * 201, "a\tb"]),
        (validators.flag, ["maybe", "2", " true", "on\n"]),
        (validators.number(1, 9), ["", "0", "10", "-1", "1.0", " 1", "٣", "1e3", "9" * 5000, "+1", "1_0"]),
        (validators.choice("A", "B"), ["", "C", "A "]),
        (hosts.networks, ["10.0.0.1/8", "proxy.example", "10.0.0.0/99", "192.0.2.7,x"]),
        (validators.rate, ["0/s", "100", "100/day", "1.5/s", "-1/s", "\u0661/s", "100 /s", "9" * 9 + "/s", "1/s\n"]),
    ],
)
def test_what_is_wrong_is_told_what_it_must_be(check, values):
    for value in values:
        with pytest.raises(ValueError, match=r"^must "):
            check(value)


# Parsely/pykafka#870: a list index out of range. Here `doctor` said so of a port, where everything else went to 9092.
def test_kafkas_port_is_9092_where_none_is_named():
    assert hosts.bootstrap_servers("kafka, my_kafka:9093,[::1]") == "kafka:9092,my_kafka:9093,[::1]:9092"


def test_networks_are_read():
    found = hosts.networks("192.0.2.7, 10.0.0.0/8, 2001:db8::/48")

    assert list(map(str, found)) == ["192.0.2.7/32", "10.0.0.0/8", "2001:db8::/48"]


@pytest.mark.parametrize(("text", "rate"), [("100/s", (100, 1)), ("6000/min", (6000, 60)), ("1/h", (1, 3600))])
def test_rates_are_a_number_in_a_time(text, rate):
    assert validators.rate(text) == rate


def test_a_choice_is_taken_whatever_its_case():
    assert validators.choice("INFO", "DEBUG")("info") == "INFO"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("", True),
        ("localhost", True),
        (".localhost", True),
        ("127.0.0.53", True),
        ("[::1]", True),
        ("::1", True),
        ("/run/postgresql", True),
        ("*", False),
        ("postgres", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
    ],
)
def test_only_loopback_and_sockets_are_this_machine(host, local):
    assert hosts.is_local(host) is local


@pytest.fixture
def _not_allowed(monkeypatch) -> None:
    """Tests may run as root, who may read and write everything."""
    monkeypatch.setattr(os, "access", lambda *_: False)


def test_files_must_be_there_and_readable(tmp_path):
    (tmp_path / "ca.pem").touch()

    assert validators.readable_file(str(tmp_path / "ca.pem"))
    for wrong in (tmp_path / "nowhere.pem", tmp_path, tmp_path / "ca.pem" / "x"):
        with pytest.raises(ValueError, match="must be a file that is there"):
            validators.readable_file(str(wrong))


@pytest.mark.usefixtures("_not_allowed")
def test_a_file_of_somebody_else_is_wrong(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ValueError, match="may read"):
        validators.readable_file(str(tmp_path / "file"))
    for file in ("file", "new"):
        with pytest.raises(ValueError, match="may write"):
            validators.writable_file(str(tmp_path / file))


def test_a_file_to_write_needs_its_folder(tmp_path):
    assert validators.writable_file(str(tmp_path / "heartbeat"))
    for wrong in (tmp_path / "nowhere" / "heartbeat", tmp_path):
        with pytest.raises(ValueError, match="folder that is there"):
            validators.writable_file(str(wrong))


def test_a_folder_may_be_made_later_but_is_no_file(tmp_path):
    (tmp_path / "file").touch()

    assert validators.folder(str(tmp_path / "later"))
    with pytest.raises(ValueError, match="must be a folder"):
        validators.folder(str(tmp_path / "file"))
