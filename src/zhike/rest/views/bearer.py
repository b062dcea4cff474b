"""Who calls: a bearer token, looked up with every call, so that what a person loses is lost at once (G27)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from inspect import signature
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja.errors import Throttled
from ninja.security import HttpBearer

from zhike.core import audit
from zhike.core.access.acting import acting_as
from zhike.core.access.permissions import Permission
from zhike.rest.operations.tokens import Admission, admit

Endpoint = Callable[..., Any]


class Bearer(HttpBearer):
    """A token issued on the page of tokens, in the header `Authorization: Bearer …`."""

    def authenticate(self, request: HttpRequest, token: str) -> Admission | None:
        admission = admit(token, now=timezone.now())
        if admission is None:
            return None
        if admission.is_over:
            raise Throttled(admission.wait)
        _note_stand_in(admission)
        return admission


def granted(*permissions: Permission) -> Callable[[Endpoint], Endpoint]:
    """Let the endpoint run only with one of `permissions`, in a transaction under the person's name.

    As on pages: 403 for a right that is lacking, 404 for a row out of scope, both recorded after the
    endpoint's own transaction has been rolled back. `request.auth` is the admission.
    """

    def decorate(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        def guarded(request: HttpRequest, **values: Any) -> Any:
            admission: Admission = request.auth  # type: ignore[attr-defined]
            try:
                with acting_as(admission.staff.pk):
                    if not admission.may(*permissions):
                        raise PermissionDenied
                    return endpoint(request, **values)
            except (PermissionDenied, Http404) as refusal:
                with transaction.atomic():
                    audit.refused(
                        "access.refused" if isinstance(refusal, PermissionDenied) else "access.not_found",
                        by=admission.staff,
                        object_label=request.path,
                        reason=",".join(permissions),
                    )
                raise

        guarded.permissions = permissions  # type: ignore[attr-defined]
        # The library would look for the names of the annotations in this file.
        guarded.__signature__ = signature(endpoint, eval_str=True)  # type: ignore[attr-defined]
        return guarded

    return decorate


def _note_stand_in(admission: Admission) -> None:
    """Whom the person stands in for goes into the audit, as with a session."""
    absent = {held.staff_id for held in admission.staff.assignments} - {admission.staff.pk}
    if absent:
        audit.origin.set(replace(audit.origin.get(), on_behalf_of=",".join(map(str, sorted(absent)))))
