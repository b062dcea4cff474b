"""The API's own description: as OpenAPI for programs, as a page for people. Both in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import AuthenticationError, Throttled

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.ui import answer
from zhike.rest.views.api import api
from zhike.rest.views.bearer import Bearer
from zhike.rest.views.problems import MEDIA_TYPE, explained

TAGS = {
    "about": gettext_lazy("Token and system"),
    "customers": gettext_lazy("Customers"),
    "scores": gettext_lazy("Loyalty"),
    "runs": gettext_lazy("Evaluation runs"),
    "events": gettext_lazy("Events"),
}
_TRANSLATED = ("summary", "description")


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter of a request or one field of an answer, as the page shows it."""

    name: str
    kind: str
    place: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    values: list[Value]
    answer: str
    statuses: list[str]


def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document, for whoever makes a client of it: a program with its token, or a person."""
    if "text/html" in request.headers.get("Accept", "text/html") and "Authorization" not in request.headers:
        return _for_people(request)
    return _for_programs(request)


openapi.permissions = (Permission.WORK_OPEN,)  # type: ignore[attr-defined]


@requires(Permission.WORK_OPEN)
def _for_people(request: HttpRequest) -> HttpResponse:
    return _as_json()


def _for_programs(request: HttpRequest) -> HttpResponse:
    """A program is told in the API's own form what is wrong, never sent to the page for signing in."""
    try:
        admission = Bearer()(request)
    except Throttled as error:
        return api.on_exception(request, error)
    if admission is None and not request.user.is_authenticated:
        return api.on_exception(request, AuthenticationError())
    return _as_json()


def _as_json() -> HttpResponse:
    return JsonResponse(document(), json_dumps_params={"ensure_ascii": False})


@requires(Permission.WORK_OPEN)
def docs(request: HttpRequest) -> HttpResponse:
    """The same for people, drawn here: no script of a stranger's server."""
    described = document()
    groups: dict[str, list[Endpoint]] = {tag: [] for tag in TAGS}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_endpoint(method, path, operation, described))
    context = {
        "groups": [(TAGS[tag], found) for tag, found in groups.items()],
        "schemas": [
            (name, _fields(schema)) for name, schema in sorted(described["components"]["schemas"].items())
            if "properties" in schema
        ],
        "codes": [
            (name, schema["enum"]) for name, schema in sorted(described["components"]["schemas"].items())
            if "enum" in schema
        ],
        "problems": explained(),
        "base": request.build_absolute_uri(reverse("rest:v1:api-root")),
        "about": described["info"]["description"],
    }  # fmt: skip
    return answer(request, "rest/docs.html", context)


def document() -> dict[str, Any]:
    """The OpenAPI document, its texts translated, problems under their own media type."""
    found = dict(api.get_openapi_schema(path_prefix=reverse("rest:v1:api-root")))
    title = found["info"]["title"]
    found["info"] = {**found["info"], "title": _(title)}
    for schema in found["components"]["schemas"].values():
        schema.pop("description", None)  # the programmer's note on the class; the fields speak for themselves
    for methods in found["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    response["content"] = {MEDIA_TYPE: next(iter(response["content"].values()))}
    return _translated(found)


def _translated(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: _(below) if name in _TRANSLATED and isinstance(below, str) and below else _translated(below)
            for name, below in part.items()
        }
    return [_translated(below) for below in part] if isinstance(part, list) else part


def _endpoint(method: str, path: str, operation: dict[str, Any], described: dict[str, Any]) -> Endpoint:
    values = [
        Value(one["name"], _kind(one["schema"]), one["in"], one["required"], one.get("description", ""))
        for one in operation["parameters"]
    ]
    if "requestBody" in operation:
        name = _kind(next(iter(operation["requestBody"]["content"].values()))["schema"])
        values += [
            Value(one.name, one.kind, "body", one.is_required, one.about)
            for one in _fields(described["components"]["schemas"][name])
        ]
    statuses = list(operation["responses"])
    good = operation["responses"][statuses[0]]
    return Endpoint(
        id=operation["operationId"], method=method.upper(), path=path, summary=operation["summary"],
        about=operation.get("description", ""), values=values,
        answer=_kind(next(iter(good["content"].values()))["schema"]), statuses=[str(one) for one in statuses],
    )  # fmt: skip


def _fields(schema: dict[str, Any]) -> list[Value]:
    required = schema.get("required", [])
    return [
        Value(name, _kind(one), "", name in required, one.get("description", ""))
        for name, one in schema.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    """The type in a few words: `string`, `date`, `Customer[]`, `integer or null`."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if "allOf" in schema:
        return " & ".join(_kind(one) for one in schema["allOf"])
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}[]"
    return str(schema.get("format") or schema.get("type") or "any")
