from serving.wsgi_environ import MAX_CACHED_NAMES, cached_names, environ_of
from tests.unit.serving.fakes import scope


def test_a_request_as_wsgi_has_it():
    headers = [(b"host", b"shop.example"), (b"content-type", b"application/json"), (b"content-length", b"2")]
    environ = environ_of(scope(query_string=b"a=1", headers=headers), b"{}")

    assert environ["wsgi.input"].read() == b"{}"
    expected = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/orders",
        "QUERY_STRING": "a=1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "REMOTE_ADDR": "10.1.2.3",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        "HTTP_HOST": "shop.example",
        "wsgi.url_scheme": "http",
    }
    assert {name: environ[name] for name in expected} == expected


def test_a_path_is_handed_over_byte_by_byte():
    assert environ_of(scope(raw_path=b"/caf%C3%A9"), b"")["PATH_INFO"] == "/cafÃ©"


def test_no_byte_of_a_header_is_lost():
    environ = environ_of(scope(headers=[(b"x-a", "café".encode()), (b"cookie", b"a=\xe9; b=2")]), b"")

    assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"]) == ("cafÃ©", "a=é; b=2")


def test_a_header_that_came_more_than_once_has_all_its_values():
    headers = [(b"x-a", b"1"), (b"cookie", b"a=1"), (b"x-a", b"2"), (b"cookie", b"b=2")]
    environ = environ_of(scope(headers=headers), b"")

    assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")


def test_two_request_ids_or_trace_contexts_are_not_joined_to_a_third():
    names = [b"x-request-id", b"traceparent"]
    environ = environ_of(scope(headers=[(name, value) for value in (b"1", b"2", b"3") for name in names]), b"")

    assert (environ["HTTP_X_REQUEST_ID"], environ["HTTP_TRACEPARENT"]) == ("", "")


def test_a_header_with_an_underscore_can_not_pass_for_another():
    assert "HTTP_X_FORWARDED_PROTO" not in environ_of(scope(headers=[(b"x_forwarded_proto", b"https")]), b"")


def test_a_body_in_chunks_has_a_length_for_who_reads_it():
    environ = environ_of(scope(headers=[(b"transfer-encoding", b"chunked")]), b"abc")

    assert environ["CONTENT_LENGTH"] == "3"


def test_what_is_remembered_of_the_names_that_clients_choose_is_bounded():
    for number in range(2 * MAX_CACHED_NAMES):
        environ_of(scope(headers=[(b"x-%d" % number, b""), (b"y-%d-" % number + b"y" * 1000, b"")]), b"")

    assert len(cached_names) <= MAX_CACHED_NAMES
    assert max(map(len, cached_names)) <= 64
