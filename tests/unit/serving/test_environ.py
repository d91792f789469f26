from serving.environ import environ_of
from tests.unit.serving.fakes import FakeHeaders, FakeScope


def test_a_request_as_wsgi_has_it():
    headers = [("host", "shop.example"), ("content-type", "application/json"), ("content-length", "2")]
    environ = environ_of(FakeScope(query_string="a=1", headers=FakeHeaders(headers)), b"{}")

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
    assert environ_of(FakeScope(path="/café"), b"")["PATH_INFO"] == "/cafÃ©"


def test_a_header_that_came_more_than_once_has_all_its_values():
    headers = FakeHeaders([("x-a", "1"), ("cookie", "a=1"), ("x-a", "2"), ("cookie", "b=2")])
    environ = environ_of(FakeScope(headers=headers), b"")

    assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")


def test_a_header_with_an_underscore_can_not_pass_for_another():
    headers = FakeHeaders([("x_forwarded_proto", "https")])

    assert "HTTP_X_FORWARDED_PROTO" not in environ_of(FakeScope(headers=headers), b"")
