"""Kafka's security settings: what is missing, what contradicts itself, and files that cannot be used."""

import os
import shutil
import subprocess

import pytest

from config.kafka_security import problems_of_kafka_security

NOTHING = {
    "security_protocol": "PLAINTEXT",
    "sasl_mechanism": "",
    "sasl_username": "",
    "sasl_password": "",
    "ssl_cafile": "",
    "ssl_certfile": "",
    "ssl_keyfile": "",
}
LOGIN = {"sasl_mechanism": "PLAIN", "sasl_username": "me", "sasl_password": "hunter2"}


def problems(protocol, **settings):
    return problems_of_kafka_security(NOTHING | {"security_protocol": protocol} | settings)


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_a_log_in_takes_mechanism_name_and_password(protocol):
    assert list(problems(protocol)) == ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"]
    assert list(problems(protocol, **LOGIN | {"sasl_password": ""})) == ["KAFKA_SASL_PASSWORD"]
    assert problems(protocol, **LOGIN) == {}


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
def test_a_log_in_that_would_not_be_used_is_named(protocol):
    found = problems(protocol, **LOGIN)

    assert list(found) == ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"]
    assert "hunter2" not in str(found)


def test_files_for_tls_that_would_not_be_used_are_named():
    assert list(problems("PLAINTEXT", ssl_cafile="/ca.pem")) == ["KAFKA_SSL_CAFILE"]


def test_a_certificate_and_its_key_are_set_together():
    # kafka-python leaves the one away without a word if the other is not set.
    assert list(problems("SSL", ssl_certfile="/cert.pem")) == ["KAFKA_SSL_KEYFILE"]
    assert list(problems("SSL", ssl_keyfile="/key.pem")) == ["KAFKA_SSL_CERTFILE"]


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """A folder with two certificates and their keys, the second of which has a pass phrase."""
    if not shutil.which("openssl") and "CI" not in os.environ:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("pem")
    for name, protection in (("open", ["-nodes"]), ("locked", ["-passout", "pass:hunter2"])):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-subj", "/CN=test", *protection),
                *("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
    (folder / "empty").touch()
    return folder


def test_files_in_pem_format_are_fine(pem):
    files = {"ssl_cafile": pem / "locked.crt", "ssl_certfile": pem / "open.crt", "ssl_keyfile": pem / "open.key"}

    assert problems("SSL", **files) == {}


@pytest.mark.parametrize("content", ["empty", "open.key"])
def test_a_file_without_certificates_is_named(pem, content):
    assert list(problems("SSL", ssl_cafile=pem / content)) == ["KAFKA_SSL_CAFILE"]


@pytest.mark.parametrize("key", ["locked.key", "empty", "open.crt"])
def test_a_key_of_another_certificate_or_behind_a_pass_phrase_is_named(pem, key):
    certificate = "locked.crt" if key == "locked.key" else "open.crt"

    assert list(problems("SSL", ssl_certfile=pem / certificate, ssl_keyfile=pem / key)) == ["KAFKA_SSL_CERTFILE"]


def test_certificates_of_a_file_that_is_not_there_are_no_traceback():
    assert list(problems("SSL", ssl_cafile="/nowhere.pem")) == ["KAFKA_SSL_CAFILE"]
