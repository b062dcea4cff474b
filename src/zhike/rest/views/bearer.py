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
from ninja.operation import Operation
from ninja.security import HttpBearer
from ninja.utils import contribute_operation_callback

from zhike.core import audit
from zhike.core.access.acting import acting_as
from zhike.core.access.permissions import Permission
from zhike.rest.operations.tokens import Admission, admit
from zhike.rest.views.parsing import demand_known_query

Endpoint = Callable[..., Any]


class Bearer(HttpBearer):
    """A token issued on the page of tokens, in the header `Authorization: Bearer …`.

    Rights are asked here, before anything that was sent is read: who lacks the right learns nothing of the rules
    for it. 403 is recorded. Without `permissions` any token will do.
    """

    def __init__(self, *permissions: Permission) -> None:
        super().__init__()
        self.permissions = permissions

    def authenticate(self, request: HttpRequest, token: str) -> Admission | None:
        admission = admit(token, now=timezone.now())
        if admission is None:
            return None
        if admission.is_over:
            raise Throttled(admission.wait)
        _note_program(admission)
        if self.permissions and not admission.may(*self.permissions):
            _refused("access.refused", request, admission, self.permissions)
            raise PermissionDenied
        return admission


def granted(*permissions: Permission) -> Callable[[Endpoint], Endpoint]:
    """Let the endpoint run only for a token with one of `permissions`, in a transaction under the person's name.

    As on pages: 403 for a right that is lacking, 404 for a row out of scope, both recorded, the latter after the
    endpoint's own transaction has been rolled back. `request.auth` is the admission.
    """

    def decorate(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        def guarded(request: HttpRequest, **values: Any) -> Any:
            admission: Admission = request.auth  # type: ignore[attr-defined]
            demand_known_query(request, guarded._ninja_operation)  # type: ignore[attr-defined]
            try:
                admission.staff.rights_in_use = frozenset(permissions)
                with acting_as(admission.staff.pk):
                    return endpoint(request, **values)
            except Http404:
                _refused("access.not_found", request, admission, permissions)
                raise

        def guard(operation: Operation) -> None:
            operation.auth_param = bearer
            operation.auth_callbacks = [bearer]

        bearer = Bearer(*permissions)
        contribute_operation_callback(guarded, guard)
        guarded.permissions = permissions  # type: ignore[attr-defined]
        # The library would look for the names of the annotations in this file.
        guarded.__signature__ = signature(endpoint, eval_str=True)  # type: ignore[attr-defined]
        return guarded

    return decorate


def _refused(
    action: str, request: HttpRequest, admission: Admission, permissions: tuple[Permission, ...]
) -> None:
    with transaction.atomic():
        audit.refused(action, by=admission.staff, object_label=request.path, rights=permissions)


def _note_program(admission: Admission) -> None:
    """The token goes into the audit, and whom its person stands in for, as with a session."""
    absent = {held.staff_id for held in admission.staff.assignments} - {admission.staff.pk}
    audit.origin.set(
        replace(audit.origin.get(), program=admission.token, on_behalf_of=",".join(map(str, sorted(absent))))
    )
