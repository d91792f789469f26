"""The description of the API: nothing is missing in it, and nothing made up."""

import json
import re
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.openapi.document import document
from api.openapi.operation import describe
from api.openapi.schemas import schemas_of
from common.fields import Sku, UnitPrice
from operations.event_description import event_description
from tests.openapi import description, operation_at, resolved

OPERATIONS = [
    (method, path, operation)
    for path, operations in description()["paths"].items()
    for method, operation in operations.items()
]
NAMES = [f"{method} {path}" for method, path, _ in OPERATIONS]
VALUES = {"id": "018f3a52-7a8e-7c3e-9a56-0a4d1c2b3e4f", "sku": "TEA-1", "number": "INV-2026-000001"}
# What people see in a browser, and no client program asks for.
PAGES = ("admin", "favicon.ico", "^docs/?$", "^operations/?$")


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        whole = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, whole)
        else:
            yield whole, each


def methods_of(pattern: URLPattern) -> set[str]:
    view_class = getattr(pattern.callback, "cls", None)
    if view_class is None:
        return {"get"}
    handled = getattr(pattern.callback, "actions", None) or dir(view_class)
    return {method for method in ("get", "post", "put", "patch", "delete") if method in handled}


def test_every_method_of_every_address_is_described_and_no_other():
    served = {
        (method, pattern.name)
        for whole, pattern in patterns(get_resolver())
        if not whole.startswith(PAGES)
        for method in methods_of(pattern)
    }
    told = {(method, resolve(path.format(**VALUES)).url_name) for method, path, _ in OPERATIONS}

    assert told == served


def test_it_is_openapi():
    """A linter of the specification itself: references, parameters of paths, unique ids, defaults by their schemas."""
    OpenAPIV31SpecValidator(description()).validate()


def test_generated_clients_get_one_function_for_each_operation():
    """fastapi/fastapi#442, Fiestaboard/FiestaBoard#1572, BerriAI/litellm#11321: ids that repeat, or are no names."""
    ids = Counter(operation["operationId"] for _, _, operation in OPERATIONS)

    assert [each for each, times in ids.items() if times > 1] == []
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", each) for each in ids)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_an_operation_is_explained(method, path, operation):
    assert operation["summary"].endswith("."), "a view's docstring is its summary"
    assert "Raises:" not in operation["description"]
    assert operation["tags"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_what_changes_something_can_be_repeated_and_its_body_has_an_example(method, path, operation):
    if method == "get":
        return
    parameters = {resolved(each)["name"] for each in operation["parameters"]}
    assert ("Idempotency-Key" in parameters) == (method == "post")
    assert "example" in operation["requestBody"]["content"]["application/json"]


def test_a_field_with_a_default_is_always_in_a_response_and_may_be_left_out_of_a_request():
    """tfranzel/drf-spectacular#920, #1299, #1347: fields with a default are optional in generated clients."""
    schemas = description()["components"]["schemas"]

    assert set(schemas["OrderIn"]["required"]) == {"customer_id", "lines"}
    assert set(schemas["LineStatus"]["required"]) == set(schemas["LineStatus"]["properties"])
    assert schemas["BulkResult"]["required"] == ["index", "status"]


def test_money_is_described_as_it_is_sent():
    """vitalik/django-ninja#909: a number in the description, a string in the response."""
    schemas = description()["components"]["schemas"]

    assert schemas["OrderOut"]["properties"]["total"]["type"] == "string"
    assert schemas["LineIn"]["properties"]["unit_price"]["anyOf"][0]["type"] == "string"


def test_an_invoice_and_a_credit_note_are_told_apart_by_one_value_each():
    """OpenAPITools/openapi-generator#16073: clients of a base type that enumerates the values of all do not compile."""
    whole = description()
    response = whole["paths"]["/invoices/{number}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert response["discriminator"]["propertyName"] == "kind"
    for value, target in response["discriminator"]["mapping"].items():
        kind = resolved({"$ref": target})["properties"]["kind"]
        assert kind == {"enum": [value]}


def test_the_permission_of_an_operation_is_a_role_of_its_security():
    operation = operation_at("post", f"/orders/{VALUES['id']}/fulfil")

    assert operation["security"] == [{"token": ["orders.fulfil_order"]}]
    assert "`orders.fulfil_order`" in operation["description"]
    assert operation_at("get", "/health/live")["security"] == []


def test_two_structs_of_one_name_are_not_taken_for_one_another():
    import msgspec

    taken = msgspec.defstruct("Twin", [("a", int)])
    given = msgspec.defstruct("Twin", [("b", int)])

    @describe(given, body=taken)
    def view(request):
        """A view."""

    from django.urls import path

    class Patterns:
        url_patterns = [path("twins", view, name="twins")]

    with pytest.raises(ValueError, match="Twin"):
        document(Patterns, info={}, of_server=())


def test_a_type_that_checks_a_text_says_how_it_looks():
    ((schema,), _) = schemas_of([Sku], are_sent=False)

    assert re.fullmatch(schema["pattern"], "TEA 1")
    assert not re.fullmatch(schema["pattern"], " TEA")


def test_what_may_be_left_out_is_optional_for_generators_of_typescript_too():
    """openapi-ts/openapi-typescript#1741, #2012: a field with a `default` is one that each request has to have."""
    structs = description()["components"]["schemas"]
    fields = [field for struct in structs.values() for field in struct.get("properties", {}).values()]

    assert not [field for field in fields if "default" in field]
    assert structs["OrderIn"]["required"] == ["customer_id", "lines"]
    assert structs["OrderIn"]["properties"]["allow_backorder"]["description"].endswith(" false if it is left out.")
    unit = structs["ProductIn"]["properties"]["unit_code"]
    assert unit["description"] == 'A unit by UN/ECE Recommendation 20. "C62" if it is left out.'


def test_amounts_are_texts_for_generators_of_every_language():
    """OpenAPITools/openapi-generator#10836: of `format: decimal` it makes a float64 in Go, and can't read a string."""
    text = json.dumps(description())

    assert '"decimal"' not in text
    total = description()["components"]["schemas"]["OrderOut"]["properties"]["total"]
    assert all(re.fullmatch(total["pattern"], each) for each in ("0", "12.50", "-3.00", "1234567890123.123456"))
    assert not any(re.fullmatch(total["pattern"], each) for each in ("1E+2", ".5", "1.", "NaN", ""))


@pytest.mark.parametrize("told", [description(), event_description()], ids=["openapi", "asyncapi"])
def test_times_are_times_for_generators(told):
    """remnawave/backend#200, janus-idp/backstage-plugins#1414: as mere texts each client parses them by itself."""
    named = {
        f"{name}/{field}": str(as_told)
        for name, schema in told["components"]["schemas"].items()
        for field, as_told in schema.get("properties", {}).items()
        if field in ("at", "valid_from") or field.endswith("_at")
    }

    assert named
    assert [place for place, as_told in named.items() if "'format': 'date-time'" not in as_told] == []


def test_what_may_be_left_out_says_what_it_is_and_what_holds_without_it():
    """Teamwork/mcp#499: whether a boundary itself matches was for callers to find out."""
    schemas = description()["components"]["schemas"]
    taken = [name for name, schema in schemas.items() if name.endswith("In")]
    unsaid = [
        f"{name}.{field}"
        for name in taken
        for field in set(schemas[name]["properties"]) - set(schemas[name].get("required", ()))
        if not schemas[name]["properties"][field].get("description")
    ]
    unsaid += [
        f"{name}: {parameter['name']}"
        for (_, _, operation), name in zip(OPERATIONS, NAMES, strict=True)
        for parameter in map(resolved, operation["parameters"])
        if parameter["in"] != "path" and not parameter.get("description")
    ]

    assert len(taken) > 10
    assert sorted(unsaid) == []


@pytest.mark.parametrize("told", [description(), event_description()], ids=["openapi", "asyncapi"])
def test_it_is_told_to_those_who_have_no_code(told):
    """Names of modules, pages and sections of docstrings are for who works on the code."""
    of_code = re.compile(r"Attributes:|Raises:|Django|docs/|common\.|\n    ")

    assert [text for text in _descriptions(told) if of_code.search(text)] == []


def _descriptions(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("description", "summary", "detail") and isinstance(value, str):
                yield value
            else:
                yield from _descriptions(value)
    elif isinstance(node, list):
        for each in node:
            yield from _descriptions(each)


def test_a_field_is_explained_by_the_docstring_of_its_struct():
    class Base(msgspec.Struct):
        """What is below.

        Attributes:
            kind: what it is,
                in two lines.
        """

        kind: str

    class Thing(Base):
        """A thing.

        Attributes:
            price: without tax.
        """

        price: UnitPrice | None = None
        size: int = 3

    _, components = schemas_of([Thing], are_sent=False)
    fields = components["Thing"]["properties"]

    assert components["Thing"]["description"] == "A thing."
    assert fields["kind"]["description"] == "What it is, in two lines."
    assert fields["price"]["description"] == "Without tax."
    assert fields["size"]["description"] == "3 if it is left out."


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_problems_of_one_status_are_told_apart(method, path, operation):
    """By their titles alone, 422 of a price was "Not valid" three times."""
    for response in map(resolved, operation["responses"].values()):
        lines = [line for line in response["description"].split("\n") if line.startswith("- ")]

        assert len(lines) == len(set(lines))
