"""Reading what programs send: strict JSON, bounded in size, depth and numbers (G20, F16)."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja.errors import ValidationError
from ninja.operation import Operation
from ninja.parser import Parser

BODY_BYTES = 64 * 1024
DEPTH = 32
DIGITS = 19
"""Of a whole number: what a BIGINT holds. A longer one is refused before Python turns it into a number."""
_BREAKS_TEXT = re.compile("[\x00\ud800-\udfff]")


class Unreadable(Exception):
    """What was sent cannot be read; `slug` is the kind of problem, `reason` says why."""

    def __init__(self, reason: str | Promise, *, slug: str = "unreadable") -> None:
        super().__init__(slug)
        self.reason = reason
        self.slug = slug

    def words(self) -> str:
        """Why, in the reader's language."""
        return str(self.reason)


class StrictParser(Parser):
    """JSON as RFC 8259 means it, and query strings without characters no text can hold."""

    def parse_body(self, request: HttpRequest) -> Any:
        if len(request.body) > BODY_BYTES:
            raise Unreadable(_("No request of this API needs that much."), slug="too-large")
        return read_json(request.body)

    def parse_querydict(
        self, data: MultiValueDict, list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        found = super().parse_querydict(data, list_fields, request)
        _demand_text(found)
        return found


def demand_known_query(request: HttpRequest, operation: Operation) -> None:
    """Refuse names in the query that the endpoint does not know: a filter spelt wrongly must not filter nothing.

    Raises ValidationError naming each.
    """
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    }
    strange = [name for name in request.GET if name not in known]
    if strange:
        raise ValidationError(
            [{"type": "extra_forbidden", "loc": ("query", name), "msg": ""} for name in strange]
        )


def read_json(body: bytes) -> Any:
    """The value of a JSON text. Raises Unreadable; costs no more than the text is long."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(_("The text is not UTF-8.")) from error
    if _depth(text) > DEPTH:
        raise Unreadable(_("The text is nested too deeply."))
    try:
        value = json.loads(
            text, parse_constant=_no_constant, parse_int=_whole, parse_float=_broken,
            object_pairs_hook=_object,
        )  # fmt: skip
    except ValueError as error:
        raise Unreadable(_("The text is not JSON.")) from error
    _demand_text(value)
    return value


def _depth(text: str) -> int:
    """The deepest nesting of brackets outside strings."""
    deepest = depth = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        if found.group() in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found.group() in "]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(_("NaN and Infinity are no numbers of JSON."))


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > DIGITS:
        raise Unreadable(_("A number is too long."))
    return int(digits)


def _broken(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Unreadable(_("A number is too large."))
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable(_("A name stands twice in one object."))
    return found


def _demand_text(value: Any) -> None:
    """Refuse what PostgreSQL cannot store as text: NUL, and halves of characters."""
    match value:
        case str():
            if _BREAKS_TEXT.search(value):
                raise Unreadable(_("A text holds NUL or half a character."))
        case dict():
            for name, below in value.items():
                _demand_text(name)
                _demand_text(below)
        case list():
            for below in value:
                _demand_text(below)
