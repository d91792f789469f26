"""The image and the compose file, checked as text, since no YAML library is installed."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from devstack.postgres.server import WITHOUT_PERSONAL_DATA
from devstack.product import prepare, web

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE = (ROOT / "docker-compose.yml").read_text()

OURS = ["web", "consumer-orders", "consumer-inventory", "consumer-invoicing", "relay", "prune"]
MONITORING = ["prometheus", "grafana"]
LONG_RUNNING = [*OURS, "postgres", "kafka", *MONITORING]
ONCE = ["roles", "migrate"]
# What .env does not hand on: settings of the file itself, files, which need a volume, and what is for tests and demos.
OWN_SETTINGS = {"STATIC_ROOT", "WEB_HOST", "WEB_PORT", "KAFKA_TOPIC_REPLICATION"}
OWN_SETTINGS |= {"KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"}
FILES = {"INVOICE_LOGO", "OTEL_EXPORTER_OTLP_CERTIFICATE"}
FILES |= {"KAFKA_SSL_CAFILE", "KAFKA_SSL_CERTFILE", "KAFKA_SSL_KEYFILE", "KAFKA_SSL_CHECK_HOSTNAME"}
FOR_TESTS = {"DEBUG", "CRASH_AT", "ALLOW_CRASH_AT", "DEMO_ADMIN_PASSWORD"}


def instructions(name: str, text: str = DOCKERFILE) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", text, flags=re.MULTILINE)


def service(name: str) -> str:
    """A service's part of the compose file, with what it merges from the anchors at the top."""
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, flags=re.MULTILINE)
    assert found, f"no service {name}"
    return with_merged(found[1])


def environment(name: str) -> str:
    """A service's part with all settings that it gets."""
    part = service(name)
    return part + anchor("settings") if "environment: *settings" in part and "<<: *settings" not in part else part


def value(name: str, key: str) -> str:
    """The value of a service's `key`: its own, or that of an anchor."""
    found = re.search(rf"^ *{key}: (.+)$", service(name), flags=re.MULTILINE)
    assert found, f"{name} has no {key}"
    return found[1]


def with_merged(part: str) -> str:
    return part + "".join(with_merged(anchor(name)) for name in re.findall(r"^ *<<: \*(\S+)", part, flags=re.MULTILINE))


def anchor(name: str) -> str:
    found = re.search(rf"^( *)\S+: &{name}\n((?:\1 +.*\n)+)", COMPOSE, flags=re.MULTILINE)
    assert found, f"no anchor {name}"
    return found[2]


# --- the image -------------------------------------------------------------------------------------------------------
def test_both_stages_stand_on_the_same_python():
    assert {image.split()[0] for image in instructions("FROM")} == {"python:3.11-slim-bookworm"}


def test_only_locked_packages_are_installed():
    assert [line for line in instructions("RUN") if " install " in line and "--require-hashes" not in line] == []


# Icinga/docker-icingaweb2#31: COPY keeps the modes of a checkout, which are those that its owner's umask leaves.
def test_whoever_the_processes_run_as_may_read_the_code_of_a_private_checkout():
    build = [line for line in DOCKERFILE.split("\nFROM ")[1].splitlines() if line.startswith(("COPY", "RUN"))]

    assert build[build.index("COPY . .") + 1] == "RUN chmod -R u=rwX,go=rX ."


def test_the_last_stage_runs_as_somebody_who_is_not_root():
    user = instructions("USER", DOCKERFILE.rsplit("\nFROM ")[-1])[-1]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "a number, so that an orchestrator can see that it is not root"


def test_the_image_carries_no_secret():
    kept = instructions("ENV") + instructions("ARG")

    assert [line for line in kept if re.search("SECRET|PASSWORD|TOKEN", line)] == []


def test_a_signal_reaches_the_process_and_not_a_shell():
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert isinstance(json.loads(instructions("CMD")[-1]), list)


def test_the_web_server_is_started_as_on_a_developers_machine():
    theirs = [*web(8000)]
    del theirs[theirs.index("--port") :]  # in the image by WEB_PORT

    assert json.loads(instructions("CMD")[-1]) == ["python", *theirs[1:]]


def test_the_image_has_every_package_of_the_product_and_nothing_unnamed():
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {*settings["tool"]["importlinter"]["root_packages"]} - {"devstack"}
    let_in = {line[1:] for line in ignored if line.startswith("!")}

    assert ignored[0] == "*"
    assert let_in == packages | {"manage.py", "requirements.txt", "deploy"}


# --- the compose file ------------------------------------------------------------------------------------------------
def test_the_compose_file_has_these_services():
    services = COMPOSE.split("\nservices:\n")[1].split("\nvolumes:\n")[0]

    assert sorted(re.findall(r"^  (\S+):$", services, flags=re.MULTILINE)) == sorted([*LONG_RUNNING, *ONCE])


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_service_is_started_again_and_its_health_is_watched(name: str):
    assert value(name, "restart") == "unless-stopped"
    assert value(name, "test").startswith("[CMD, ")
    assert "disable: true" not in service(name)


@pytest.mark.parametrize("name", [*LONG_RUNNING, *ONCE])
def test_a_service_has_bounded_memory_and_time_to_stop(name: str):
    assert value(name, "mem_limit")
    assert value(name, "stop_grace_period")


@pytest.mark.parametrize("name", OURS)
def test_our_services_wait_for_the_migration(name: str):
    assert value(name, "migrate") == "{condition: service_completed_successfully}"


def test_postgresql_logs_as_little_of_the_data_as_on_a_developers_machine():
    settings = [f"-c, {name}={wanted}" for name, wanted in WITHOUT_PERSONAL_DATA.items()]

    assert value("postgres", "command") == f"[postgres, {', '.join(settings)}]"


def test_the_set_up_is_what_make_run_does_too_but_for_demo_and_static_files():
    theirs = [*prepare(demo=False)][1:]

    assert value("migrate", "command") == f"[python, {', '.join(theirs[:2])}]"


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_as_a_role_that_owns_nothing(name: str):
    urls = re.findall(r"DATABASE_URL: (\S+)", environment(name))

    assert len(urls) == 1
    assert urls[0].startswith("postgres://orderflow_app:${DATABASE_PASSWORD")


def test_only_the_set_up_has_the_owner_s_password_and_no_process_of_ours_that_of_the_superuser():
    passwords = {name: set(re.findall(r"\$\{(\w+PASSWORD):", environment(name))) for name in [*LONG_RUNNING, *ONCE]}

    owner_s = {name for name, known in passwords.items() if "DATABASE_OWNER_PASSWORD" in known}
    superuser_s = {name for name, known in passwords.items() if "POSTGRES_PASSWORD" in known}
    assert (owner_s, superuser_s) == ({"migrate", "roles"}, {"postgres", "roles"})


def test_the_roles_are_there_before_anything_is_migrated():
    assert value("migrate", "roles") == "{condition: service_completed_successfully}"
    assert value("migrate", "DATABASE_URL").startswith("postgres://orderflow_owner:${DATABASE_OWNER_PASSWORD")


@pytest.mark.parametrize("name", sorted({*OURS} - {"web"}))
def test_a_process_without_http_has_a_heartbeat(name: str):
    assert value(name, "HEARTBEAT_FILE").startswith("/tmp/")


def test_images_of_others_are_pinned_to_a_version():
    images = set(re.findall(r"^ *image: (\S+)$", COMPOSE, flags=re.MULTILINE)) - {"orderflow"}

    assert images
    assert [image for image in images if not re.search(r":v?\d+", image)] == []


def test_no_secret_is_written_down():
    secrets = re.findall(r"^ *(\w*(?:SECRET|PASSWORD|TOKEN)\w*|DATABASE_URL): (.*)$", COMPOSE, flags=re.MULTILINE)

    assert len(secrets) >= 3
    assert [name for name, value in secrets if not re.search(r"\$\{\w+:\?", value)] == []


def test_only_the_web_server_and_monitoring_are_published_and_only_to_this_machine():
    assert [name for name in [*LONG_RUNNING, *ONCE] if "ports:" in service(name)] == ["web", *MONITORING]
    published = re.findall(r"^ *ports: (.*)$", COMPOSE, flags=re.MULTILINE)
    assert [ports for ports in published if not re.fullmatch(r'\["127\.0\.0\.1:\$\{\w+:-\d+\}:\d+"\]', ports)] == []


@pytest.mark.parametrize("name", MONITORING)
def test_monitoring_runs_only_where_it_is_asked_for(name: str):
    assert value(name, "profiles") == "[monitoring]"


def test_every_setting_that_is_passed_on_is_one_of_the_product_s():
    known = "".join(path.read_text() for path in (ROOT / "config").glob("*.py"))
    names = re.findall(r"^ +([A-Z_]+):", anchor("settings"), flags=re.MULTILINE)

    assert len(names) > 5
    unknown = {name for name in [*names, "HEARTBEAT_FILE"] if f'"{name}"' not in known}
    assert unknown == {"OTEL_RESOURCE_ATTRIBUTES"}, "that one OpenTelemetry reads itself"


def test_the_example_of_an_env_file_names_every_secret_and_fills_in_none():
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    example = (ROOT / ".env.example").read_text().splitlines()

    assert required <= {line.removesuffix("=") for line in example if line.endswith("=") and not line.startswith("#")}


# docker/compose#8527: what is behind a # is a comment, and nobody is told.
def test_it_is_said_before_the_texts_of_invoices_how_characters_are_kept_that_compose_reads_as_its_own():
    before_texts = (ROOT / ".env.example").read_text().partition("\nINVOICE_ISSUER_NAME=")[0]

    assert "# Texts with a # or a $ go in single quotes" in before_texts.splitlines()[-1]


# docker/compose#4223, getzep/graphiti#1700: a variable of .env that no service names reaches no container, in silence.
def test_every_setting_of_the_table_that_makes_sense_there_reaches_the_processes():
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("## Commands")[0]
    rows = (line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    settings = {name for cell in rows for name in re.findall(r"`([A-Z_]+)`", cell)}
    passed_on = set(
        re.findall(r"^ *([A-Z_]+):", environment("consumer-orders") + anchor("settings"), flags=re.MULTILINE)
    )

    assert settings - passed_on == OWN_SETTINGS | FILES | FOR_TESTS


# docker/compose#4826: nothing restarts a container for being unhealthy. What the pages have people do is for services
# that there are; a process that hangs is not started anew by `up`.
def test_pages_tell_what_to_do_about_a_process_that_hangs_in_a_container():
    pages = {page.name: page.read_text() for page in [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/runbooks/*.md")]}
    commands = "docker compose (?:exec|restart|run|up --detach)"
    named = re.findall(rf"{commands}(?: -\S+)* ([a-z-]+)", "\n".join(pages.values()))

    assert set(named) <= {*LONG_RUNNING, *ONCE}
    for page in ("consumer-missing.md", "consumer-stalled.md", "process-down.md"):
        assert "docker compose restart" in pages[page], page


# `up` waits for a server until its health check has failed for long enough, and starts nothing that needs it then. What
# a server does after a crash, before it serves anybody, may take minutes.
@pytest.mark.parametrize("name", ["postgres", "kafka"])
def test_a_server_has_time_to_recover_before_it_is_given_up(name: str):
    assert value(name, "start_period").startswith("10m ")


# IBM/mcp-context-forge#6494: the number of workers could be set, and not the memory that all of them have.
def test_who_sets_the_number_of_web_workers_can_set_their_memory_too():
    example = (ROOT / ".env.example").read_text()

    assert value("web", "mem_limit").startswith("${WEB_MEMORY:-1g} ")
    assert "# WEB_WORKERS=" in example
    assert "# WEB_MEMORY=" in example


# ddev/ddev#1690: a container has none of the machine's files, and its files are read-only but for /tmp.
def test_it_is_said_how_files_come_into_a_container_and_out():
    page = (ROOT / "README.md").read_text().partition("## In containers")[2].partition("## Settings")[0]

    written = re.findall(r"exec -T web sh -c 'cat > (\S+)' <", page)
    assert written
    assert {file.startswith(value("web", "tmpfs").strip("[]") + "/") for file in written} == {True}
    assert f"import_orders {written[0]} --rejects /tmp/" in page
