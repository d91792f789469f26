"""Converting JSON to the types that the apps declare, with all errors at once."""

import typing
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, TypeVar, Union

import msgspec
from django.http.request import RawPostDataException
from rest_framework.request import Request

from api.exceptions import LengthRequired, NotJSON
from api.negotiation import unsupported
from common.conversion import convert
from common.errors import ErrorBudget, FieldError, Invalid, member
from common.fields import parse_checked

T = TypeVar("T")

_WORDS = {str: "a string", bool: "true or false", int: "a whole number", list: "a list"}


def parse_body(request: Request, type_: type[T]) -> T:
    """The body of a request as a `type_`.

    Raises:
        NotJSON, BodyTooLarge, LengthRequired, UnsupportedMediaType: see body_of.
        Invalid: names every field that is wrong.
    """
    return parse(body_of(request), type_)


def body_of(request: Request) -> object:
    """The body of a request, as it was decoded from JSON.

    Raises:
        NotJSON, BodyTooLarge: see api.json.
        LengthRequired: the body came in chunks, which WSGI has no way to read.
        UnsupportedMediaType: the body is of another type.
        Invalid: names the duplicate keys of objects.
    """
    data: object = request.data
    if data == {}:
        _require_body(request)
    return data


def parse(data: object, type_: type[T], budget: ErrorBudget | None = None) -> T:
    """Decoded JSON as a `type_`: a msgspec struct, or a list of them.

    Args:
        budget: of the errors of a response that names those of several documents.

    Raises:
        Invalid: names every field that is wrong.
    """
    try:
        return convert(data, type_, dec_hook=parse_checked)  # type: ignore[no-any-return]
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter is msgspec on a lone surrogate
        raise _invalid(data, type_, budget, error) from None


def _invalid(data: object, type_: type[T], budget: ErrorBudget | None, error: Exception) -> Invalid:
    """All errors of `data`, or at least the first one that msgspec found."""
    invalid = Invalid(_errors(data, type_, ""), budget)
    return invalid if invalid.errors else Invalid([FieldError("", str(error))], budget)


def _require_body(request: Request) -> None:
    """Reject a request without a body, for which DRF gives an empty object."""
    try:
        body = request.body
    except RawPostDataException:  # a form, which the CSRF check has read
        raise unsupported(request.content_type, request.parsers or ()) from None
    if not body:
        raise LengthRequired if "HTTP_TRANSFER_ENCODING" in request.META else NotJSON("the body is empty")


def _errors(value: object, type_: Any, pointer: str) -> Iterator[FieldError]:
    """All errors of a value, field by field."""
    problem = _problem(value, type_)
    if problem is None:
        return
    inner = _inner(type_)
    bare = _bare(inner)
    if isinstance(value, list) and typing.get_origin(bare) is list:
        yield from _errors_of_list(value, inner, pointer)
    elif isinstance(value, dict) and _is_struct(bare):
        yield from _errors_of_object(value, bare, pointer)
    else:
        yield FieldError(pointer, problem)


def _errors_of_list(value: list[Any], type_: Any, pointer: str) -> Iterator[FieldError]:
    length_only = Annotated[(list[Any], *_meta(type_))] if _meta(type_) else list[Any]
    if problem := _problem(value, length_only):
        yield FieldError(pointer, problem)
        return
    (item_type,) = typing.get_args(_bare(type_))
    for index, item in enumerate(value):
        yield from _errors(item, item_type, f"{pointer}/{index}")


def _errors_of_object(value: dict[str, Any], struct: type[msgspec.Struct], pointer: str) -> Iterator[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for key in value:
        if key not in fields and struct.__struct_config__.forbid_unknown_fields:
            yield FieldError(member(pointer, key), f"is unknown here: the fields are {', '.join(fields)}")
    for name, field in fields.items():
        if name in value:
            yield from _errors(value[name], field.type, f"{pointer}/{name}")
        elif field.required:
            yield FieldError(f"{pointer}/{name}", "is missing")


def _problem(value: object, type_: Any) -> str | None:
    """The error of a value as a whole."""
    try:
        convert(value, type_, dec_hook=parse_checked)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter is msgspec on a lone surrogate
        description = _description(_inner(type_))
        return f"must be {description}" if description else str(error)
    return None


def _description(type_: Any) -> str | None:
    """The description of a type for errors, if it has one."""
    bare = _bare(type_)
    described = next((meta.description for meta in _meta(type_) if meta.description), None)
    return described or ("an object" if _is_struct(bare) else _WORDS.get(typing.get_origin(bare) or bare))


def _inner(type_: Any) -> Any:
    """The type of an optional type's value, if there is one."""
    if typing.get_origin(type_) not in (Union, UnionType):
        return type_
    return next(each for each in typing.get_args(type_) if each not in (type(None), msgspec.UnsetType))


def _bare(type_: Any) -> Any:
    """A type without its annotation."""
    return typing.get_args(type_)[0] if typing.get_origin(type_) is Annotated else type_


def _meta(type_: Any) -> tuple[msgspec.Meta, ...]:
    return tuple(getattr(type_, "__metadata__", ()))


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, msgspec.Struct)
