"""Database URLs as operators write them. No error repeats a part of one, for it may be part of the password."""

import pytest

from config.database_url import database, hosts_of


@pytest.mark.parametrize(
    ("url", "user", "password", "host", "port", "name"),
    [
        ("postgres://u:p@db.example:5433/orders", "u", "p", "db.example", 5433, "orders"),
        ("postgresql://u:p@db/orders", "u", "p", "db", "", "orders"),
        ("postgres://u@127.0.0.1/o", "u", "", "127.0.0.1", "", "o"),
        ("postgres://u:p@[::1]:5432/o", "u", "p", "::1", 5432, "o"),
        ("postgres://u:p%40%2F%3F%23%25%5B@db/o", "u", "p@/?#%[", "db", "", "o"),
        ("postgres://u:p@ss:w@db/o", "u", "p@ss:w", "db", "", "o"),
        # joke2k/django-environ#194: a + in a password.
        ("postgres://u:a+b$c=d&e;f@db/a%2Bb", "u", "a+b$c=d&e;f", "db", "", "a+b"),
        ("postgres://u:pä@db/o", "u", "pä", "db", "", "o"),
        ("postgres://u:p℀@db/o", "u", "p℀", "db", "", "o"),
        ("postgres://u:p@a:1,b:2/o", "u", "p", "a,b", "1,2", "o"),
        # libpq takes the addresses of several servers without brackets, and a port for each or one for all.
        ("postgres://u@[::1]:1,[fe80::1%25eth0]:2/o", "u", "", "::1,fe80::1%eth0", "1,2", "o"),
        ("postgres://u@[fe80::1%25eth0]/o", "u", "", "fe80::1%eth0", "", "o"),
        ("postgres://u@a:6432,b/o", "u", "", "a,b", "6432,", "o"),
        ("postgres://u@a,b/o", "u", "", "a,b", "", "o"),
        # jazzband/dj-database-url#132, mathesar-foundation/mathesar#4455: as libpq writes the folder of a socket.
        ("postgres://u:p@%2Fcloudsql%2Fproject:5433/o", "u", "p", "/cloudsql/project", 5433, "o"),
        ("postgres:///o", "", "", "", "", "o"),
        ("postgres:////run/postgresql/o", "", "", "/run/postgresql", "", "o"),
    ],
)
def test_a_url_becomes_djangos_settings(url, user, password, host, port, name):
    entry = database(url)

    found = (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"], entry["NAME"])
    assert found == (user, password, host, port, name)


@pytest.mark.parametrize(
    "url",
    [
        # What ends a password early: joke2k/django-environ#228 and #298; with digits, it is another server: #288.
        "postgres://u:hun?ter2@db/o",
        "postgres://u:hun/ter2@db/o",
        "postgres://u:hun#ter2@db/o",
        "postgres://u:12/ter2@db/o",
        "postgres://u:12#ter2@db/o",
        "postgres://u:12?ter2@db:5432/o?sslmode=require",
        "postgres://u:hun[ter2@db/o",
        "postgres://u:hun[ter2]@db/o",
        "postgres://u:hunter2@db:abc/o",
        "postgres://u:hunter2@db:99999/o",
        "postgres://u:hunter2@db:0/o",
        "postgres://u:hunter2@db:/o",
        "postgres://u:hunter2@[::1/o",
        "postgres://u:hunter2@::1/o",
        "postgres://u:hunter2@db",
        "postgres://u:hunter2@db/",
        "postgres://u:hunter2@db/o/p",
        "postgres://u:hunter2@db/o;p",
        "postgres://u:hunter2@a:1,b:x/o",
        "postgres://u:hunter2@d b/o",
        "postgres://u:hunter2%00@db/o",
        "postgres://u:hunter2%FF@db/o",
        "postgres://u:hunter2\x1b@db/o",
        "postgres://u:hunter2@db/" + "o" * 64,
        "postgres://u:hunter2@db/o?sslmod=require",
        "postgres://u:hunter2@db/o?sslmode=sometimes",
        "postgres://u:hunter2@db/o?sslmode=",
        "postgres://u:hunter2@db/o?sslmode",
        "postgres://u:hunter2@db/o?connect_timeout=soon",
        "postgres://u:hunter2@db/o?sslrootcert=/nowhere.pem",
        "postgres://u:hunter2@db/o?sslmode=require&sslmode=disable",
        "postgres://u:hunter2@db/o?host=10",
        "postgres://u:hunter2@db/o?hostaddr=999",
        "postgres://u:hunter2@db/o?hostaddr=db",
        "postgres://u:hunter2@db/o?host=d b",
        "postgres://u:hunter2@db,,b/o",
        "postgres://u:hunter2@db/o ",
        "postgres://u:hunter2@db/o?ATOMIC_REQUESTS=True",
        "sqlite:///hunter2",
        "hunter2",
        "mysql://u:hunter2@db/o",
    ],
)
def test_what_is_wrong_is_said_without_a_part_of_it(url):
    with pytest.raises(ValueError, match=r"^(must|has|names) ") as error:
        database(url)

    message = str(error.value)
    assert not [secret for secret in ("hun", "ter2") if secret in message]
    assert "\n" not in message


def test_options_of_libpq_are_passed_on(tmp_path):
    (tmp_path / "ca.pem").touch()

    entry = database(f"postgres://u@db/o?sslmode=verify-full&sslrootcert={tmp_path}/ca.pem&connect_timeout=5")

    assert entry["OPTIONS"] == {
        "sslmode": "verify-full",
        "sslrootcert": f"{tmp_path}/ca.pem",
        "connect_timeout": 5,
    }


def test_options_are_passed_on_as_libpq_writes_them():
    entry = database("postgres://u@db/o?sslmode=Require&application_name=7")

    assert entry["OPTIONS"] == {"sslmode": "require", "application_name": "7"}


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgres://a:1,b:2/o", ["a", "b"]),
        ("postgres:///o", [""]),
        ("postgres:///o?host=/run/pg", ["/run/pg"]),
        ("postgres://a/o?host=b", ["b"]),  # as libpq has it: what comes later counts
        ("postgres://a/o?hostaddr=10.0.0.1", ["a", "10.0.0.1"]),
    ],
)
def test_it_is_known_where_a_database_is(url, hosts):
    assert hosts_of(database(url)) == hosts
