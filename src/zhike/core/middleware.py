"""What every request gets: a number, a language, and headers that keep personal pages out of caches."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import is_valid_path
from django.utils import translation

from zhike.core import audit
from zhike.core.views import errors

Answer = Callable[[HttpRequest], HttpResponse]


class ResponseHeaders:
    """`no-store` on everything that is not a static file, and what a browser may not do."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        if not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class RequestNumber:
    """A number for each request: in the audit, in the log, on the error page."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = uuid.uuid4()
        request.number = number  # type: ignore[attr-defined]
        token = audit.origin.set(
            audit.Origin(request_id=number, address=request.META.get("REMOTE_ADDR") or None)
        )
        try:
            response = self.answer(request)
        finally:
            audit.origin.reset(token)
        response["X-Request-Number"] = str(number)
        return response


class LanguageOfPerson:
    """The person's own language, else the cookie's, else the browser's, else Simplified Chinese."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "") or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.answer(request)
        response.headers.setdefault("Content-Language", language)
        return response


class FormAddresses:
    """Addresses that only a form sends to still lead somewhere when they are opened, reloaded or pasted.

    They belong to the page above them: `/runs/7/review/` to `/runs/7/`. What has no such page, or was sent in
    another way, is answered with a page that says so. The API answers for itself.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        if request.method in {"GET", "HEAD"} and (page := page_above(request.path)):
            return redirect(page)
        refusal = errors.not_allowed(request)
        refusal["Allow"] = response["Allow"]
        return refusal


def page_above(path: str) -> str:
    """The nearest address above `path` that exists, or ''."""
    above = path.rstrip("/").rpartition("/")[0]
    while above and not is_valid_path(f"{above}/"):
        above = above.rpartition("/")[0]
    return f"{above}/" if path != "/" else ""
