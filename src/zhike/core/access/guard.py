"""The guard before every view: signed in, has the right, acts under the own name, refusals recorded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve

from zhike.core import audit
from zhike.core.access.acting import acting_as
from zhike.core.access.permissions import Permission

View = Callable[..., HttpResponse]


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Let the view run only for a person who holds one of `permissions`, in a transaction under their name.

    What the person reaches is what the roles reach that give one of these rights: see `Staff.reaching`.
    403 for a right that is lacking, 404 for a row out of scope; both are recorded after the view's own
    transaction has been rolled back, so the record cannot vanish with it (L-32).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            person = request.user
            if not person.is_authenticated:
                return redirect_to_login(request.get_full_path())
            try:
                with acting_as(person.pk):
                    if not person.may(*permissions):
                        raise PermissionDenied
                    person.rights_in_use = frozenset(permissions)
                    return view(request, *args, **kwargs)
            except (PermissionDenied, Http404) as refusal:
                with transaction.atomic():
                    audit.refused(
                        "access.refused" if isinstance(refusal, PermissionDenied) else "access.not_found",
                        by=person,
                        object_label=request.path,
                        rights=permissions,
                    )
                raise

        guarded.permissions = permissions  # type: ignore[attr-defined]
        return guarded

    return decorate


def opens(person: Any, address: str) -> bool:
    """Whether the page of an address asks for no right or for one that the person holds."""
    asked = getattr(resolve(urlsplit(address).path).func, "permissions", ())
    return not asked or person.may(*asked)


def open_to_all(view: View) -> View:
    """Mark a view that needs no right: signing in, health, language. It sees no customer."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    guarded.permissions = ()  # type: ignore[attr-defined]
    return guarded
