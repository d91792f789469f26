"""A Kafka node with TLS, SCRAM-SHA-512 and ACLs, as docs/kafka-security.md sets a cluster up."""

from collections.abc import Mapping
from pathlib import Path

from devstack.files import build_folder
from devstack.kafka.broker import Kafka
from devstack.kafka.java import find_java
from devstack.ports import LOOPBACK
from devstack.processes.command import Command

SUPER_USER = "kafka"
NODE = "kafka-node"  # the CN of the node's certificate, by which nodes know each other
_STORE_PASSWORD = "only-for-tests"  # noqa: S105 - of files that are as private as the folder around them


class SecuredKafka(Kafka):
    """A node without anonymous clients. `passwords` are those of its SCRAM users, `SUPER_USER` among them.

    Users are made when the data folder is formatted. They have no rights until the super user grants them ACLs.
    """

    def __init__(self, folder: Path, *, passwords: Mapping[str, str], port: int | None = None) -> None:
        super().__init__(folder, port=port)
        self._passwords = passwords
        self._keys = self.folder / "keys"
        self.format_options = tuple(
            option
            for user, password in passwords.items()
            for option in ("--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]")
        )

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signed the node's certificate."""
        return self._keys / "ca.pem"

    @property
    def environment(self) -> dict[str, str]:
        """The product's settings to connect to it, without a user: see `login`."""
        return super().environment | {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SSL_CAFILE": str(self.ca_file),
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        }

    def login(self, user: str) -> dict[str, str]:
        """The product's settings to log in as this user."""
        return {"KAFKA_SASL_USERNAME": user, "KAFKA_SASL_PASSWORD": self._passwords[user]}

    def prepare(self) -> None:
        """As `Kafka.prepare`; makes keys and certificates too, once."""
        build_folder(self._keys, self._make_keys)
        super().prepare()

    def settings(self, data: Path) -> dict[str, str]:
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
        login = f'username="{SUPER_USER}" password="{self._passwords[SUPER_USER]}"'
        return super().settings(data) | {
            "listener.security.protocol.map": "BROKER:SASL_SSL,CONTROLLER:SSL",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
            "listener.name.broker.scram-sha-512.sasl.jaas.config": f"{scram} required {login};",
            "listener.name.controller.ssl.client.auth": "required",
            "ssl.keystore.location": str(self._keys / "node.p12"),
            "ssl.keystore.password": _STORE_PASSWORD,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca_file),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{SUPER_USER};User:CN={NODE}",
        }

    def _make_keys(self, folder: Path) -> None:
        """A certificate authority of our own, and the node's key with a certificate by it."""
        for store, name, extension in (("ca", "devstack", "bc:c"), ("node", NODE, f"san=ip:{LOOPBACK}")):
            make = ("-genkeypair", "-keyalg", "EC", "-dname", f"CN={name}", "-ext", extension, "-validity", "365")
            self._keytool(folder, store, *make)
        self._keytool(folder, "ca", "-exportcert", "-rfc", "-file", "ca.pem")
        self._keytool(folder, "node", "-certreq", "-file", "node.csr")
        request = ("-gencert", "-infile", "node.csr", "-outfile", "node.pem", "-ext", f"san=ip:{LOOPBACK}")
        self._keytool(folder, "ca", *request, "-validity", "365")
        for alias, certificate in (("ca", "ca.pem"), ("node", "node.pem")):
            self._keytool(folder, "node", "-importcert", "-noprompt", "-file", certificate, alias=alias)

    def _keytool(self, folder: Path, store: str, *arguments: str, alias: str = "") -> None:
        keystore = ("-keystore", f"{store}.p12", "-storepass", _STORE_PASSWORD, "-alias", alias or store)
        argv = (str(find_java().with_name("keytool")), *arguments, *keystore)
        self.run_step(Command("making Kafka's keys", argv, self.log, folder=folder))
