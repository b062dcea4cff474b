"""What went wrong, as RFC 9457 says it: one kind of problem per thing a program can do about it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.responses import Response
from pydantic import Field

from zhike.core.errors import DomainError
from zhike.rest.operations.answers import KeyReused
from zhike.rest.views.marks import N_
from zhike.rest.views.parsing import Unreadable
from zhike.rest.views.reasons import reason

MEDIA_TYPE = "application/problem+json"
KEY_HEADER = "Idempotency-Key"
RETRY_SECONDS = 2
log = logging.getLogger("zhike.rest")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its name in `type`, its status, its title, and what a program should do."""

    slug: str
    status: int
    title: Promise
    advice: Promise


KINDS: dict[str, Kind] = {
    kind.slug: kind
    for kind in (
        Kind("unreadable", 400, gettext_lazy("The request cannot be read"),
             gettext_lazy("Send a JSON object in UTF-8, without NUL, NaN or repeated names, not too deep or long.")),
        Kind("unknown-token", 401, gettext_lazy("A valid token is needed"),
             gettext_lazy("Send “Authorization: Bearer” with a token that has neither ended nor been ended.")),
        Kind("right-lacking", 403, gettext_lazy("The token does not reach this"),
             gettext_lazy("The token was not given this right, or its person no longer holds it.")),
        Kind("not-found", 404, gettext_lazy("There is nothing here for this token"),
             gettext_lazy("The address is wrong, or the record is out of the person's scope. It is not told which.")),
        Kind("method-not-allowed", 405, gettext_lazy("This address does not take that method"),
             gettext_lazy("See the Allow header.")),
        Kind("refused", 409, gettext_lazy("This is not possible now"),
             gettext_lazy("The detail says why. The same key always gives this answer; use a new key to try again.")),
        Kind("too-large", 413, gettext_lazy("The request is too large"),
             gettext_lazy("No request of this API needs that much.")),
        Kind("invalid", 422, gettext_lazy("Some values are not accepted"),
             gettext_lazy("“errors” names each place and the reason.")),
        Kind("key-reused", 422, gettext_lazy("This key was used for another request"),
             gettext_lazy("A key stands for one request for ever. Make a new key for a new request.")),
        Kind("key-missing", 428, gettext_lazy("A write needs a key"),
             gettext_lazy("Send “Idempotency-Key” with a value of your own, up to 80 visible ASCII characters.")),
        Kind("too-many", 429, gettext_lazy("Too many calls in this minute"),
             gettext_lazy("Wait as long as Retry-After says.")),
        Kind("fault", 500, gettext_lazy("Something went wrong on our side"),
             gettext_lazy("Nothing was changed. Give the number in “instance” to the system administrator.")),
        Kind("busy", 503, gettext_lazy("The system is busy"),
             gettext_lazy("Nothing was changed. Try again with the same key after Retry-After.")),
    )
}  # fmt: skip


class FieldError(Schema):
    """One value that is not accepted."""

    place: str = Field(description=N_("Where: body, query, path or header, then the name."))
    code: str = Field(description=N_("Kind of fault, stable over versions."))
    reason: str = Field(description=N_("What is wrong, in the language of Accept-Language."))


class Problem(Schema):
    """An error, by RFC 9457."""

    type: str = Field(description=N_("Address that explains this kind of problem."))
    title: str = Field(description=N_("What went wrong, in the language of Accept-Language."))
    status: int = Field(description=N_("The HTTP status."))
    detail: str = Field(description=N_("What exactly happened, and what to do."))
    instance: str = Field(description=N_("Number of this request, as the audit knows it."))
    errors: list[FieldError] = Field(default=[], description=N_("Each value that is not accepted."))


def problem_body(
    request: HttpRequest, slug: str, *, detail: str = "", errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The problem as a plain object."""
    kind = KINDS[slug]
    return {
        "type": f"{reverse('rest:docs')}#{slug}",
        "title": str(kind.title),
        "status": kind.status,
        "detail": detail or str(kind.advice),
        "instance": f"urn:uuid:{getattr(request, 'number', '')}",
        "errors": errors or [],
    }


def problem(request: HttpRequest, slug: str, **details: Any) -> HttpResponse:
    """The problem as an answer."""
    return as_problem(problem_body(request, slug, **details))


def as_problem(body: dict[str, Any]) -> HttpResponse:
    """A problem that is built already, as an answer."""
    return Response(
        body, status=body["status"], content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False}
    )


def handle_problems(api: NinjaAPI) -> None:
    """Teach the API to answer each exception in the one form."""
    for raised, answer in _ANSWERS.items():
        api.add_exception_handler(raised, answer)


def _unknown_token(request: HttpRequest, error: Exception) -> HttpResponse:
    response = problem(request, "unknown-token")
    response["WWW-Authenticate"] = 'Bearer realm="zhike"'
    return response


def _too_many(request: HttpRequest, error: Throttled) -> HttpResponse:
    response = problem(request, "too-many")
    response["Retry-After"] = str(error.wait)
    return response


def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The library hides why a body could not be read behind one error; the cause knows."""
    cause = error.__cause__ if error.__cause__ is not None else error
    if not isinstance(cause, Unreadable):
        return problem(request, "unreadable")
    return problem(request, cause.slug, detail=cause.words())


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {
            "place": ".".join(str(part) for part in found["loc"]),
            "code": found["type"],
            "reason": reason(found),
        }
        for found in error.errors
    ]
    if any(found["place"] == f"header.{KEY_HEADER}" and found["code"] == "missing" for found in errors):
        return problem(request, "key-missing")
    return problem(request, "invalid", errors=errors)


def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """A lock that was not to be had in time, a deadlock, a database that does not answer."""
    log.warning("the database could not answer: %s", error)
    response = problem(request, "busy")
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _fault(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("request %s failed", getattr(request, "number", ""), exc_info=error)
    return problem(request, "fault")


_ANSWERS: dict[type[Exception], Any] = {
    AuthenticationError: _unknown_token,
    Throttled: _too_many,
    HttpError: _unreadable,
    Unreadable: _unreadable,
    RequestDataTooBig: lambda request, error: problem(request, "too-large"),
    UnreadablePostError: lambda request, error: problem(request, "unreadable"),
    ValidationError: _invalid,
    PermissionDenied: lambda request, error: problem(request, "right-lacking"),
    Http404: lambda request, error: problem(request, "not-found"),
    DomainError: lambda request, error: problem(request, "refused", detail=str(error)),
    KeyReused: lambda request, error: problem(request, "key-reused"),
    OperationalError: _busy,
    Exception: _fault,
}


def explained() -> list[tuple[Kind, str]]:
    """Every kind with the number of its status in words, for the page that `type` points at."""
    return [(kind, _("Status %(status)s") % {"status": kind.status}) for kind in KINDS.values()]
