"""What every request gets: a number, a language, and headers that keep personal pages out of caches."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from zhike.core import audit

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
