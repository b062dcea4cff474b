"""The API put together: its version, its reading, its problems, its endpoints."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.renderers import JSONRenderer

from zhike.rest.views import about, customers, events, runs, scores
from zhike.rest.views.bearer import Bearer
from zhike.rest.views.marks import N_
from zhike.rest.views.parsing import StrictParser
from zhike.rest.views.problems import handle_problems, problem


class Renderer(JSONRenderer):
    """JSON in UTF-8 as people read it, not escaped."""

    json_dumps_params: ClassVar[dict[str, Any]] = {"ensure_ascii": False}


api = NinjaAPI(
    title=N_("Zhike API"), version="1",
    description=N_(
        "Customers, holdings and loyalty for programs of the bank, under the rights and the scope of the person "
        "whose token asks. Money is whole cents. Every write needs an Idempotency-Key, but for events, which bring "
        "their own."
    ),
    urls_namespace="rest:v1", docs_url=None, openapi_url=None, auth=Bearer(), parser=StrictParser(),
    renderer=Renderer(),
)  # fmt: skip
handle_problems(api)
ROUTERS = (about.router, customers.router, scores.router, runs.router, events.router)
for _router in ROUTERS:
    api.add_router("", _router)


def endpoints() -> list[URLPattern]:
    """The addresses of the API. What it does not have or take is a problem in the one form, too."""
    rights = _permissions()
    found = [pattern for pattern in api.urls[0] if pattern.name in rights]
    for pattern in found:
        pattern.callback = _in_one_form(pattern.callback)
        pattern.callback.permissions = rights[pattern.name]
    return [*found, path("", unknown, name="api-root"), path("<path:address>", unknown, name="api-root")]


@csrf_exempt
def unknown(request: HttpRequest, **_values: Any) -> HttpResponse:
    """An address the API does not have."""
    return problem(request, "not-found")


unknown.permissions = ()  # type: ignore[attr-defined]


def _in_one_form(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, **values: Any) -> HttpResponse:
        response = view(request, **values)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            response = problem(request, "method-not-allowed")
            response["Allow"] = allowed
        return response

    return answered


def _permissions() -> dict[str, tuple[str, ...]]:
    """Which rights open the address of each endpoint: those of any of its methods. For whoever checks them all."""
    found = {}
    for router in ROUTERS:
        for path_view in router.path_operations.values():
            endpoints = [operation.view_func for operation in path_view.operations]
            rights = {right for endpoint in endpoints for right in getattr(endpoint, "permissions", ())}
            found |= {endpoint.__name__: tuple(sorted(rights)) for endpoint in endpoints}
    return found
