"""Whose rights a token carries, and whether anybody is there."""

from __future__ import annotations

from importlib.metadata import version

from django.db import connection
from django.http import HttpRequest
from ninja import Router

from zhike.core.access.permissions import Permission
from zhike.rest.enums import SCOPES
from zhike.rest.views import schemas
from zhike.rest.views.bearer import granted
from zhike.rest.views.marks import N_
from zhike.rest.views.problems import Problem

router = Router(tags=["about"])


@router.get(
    "/me", response={200: schemas.Me, (401, 403, 429, 500, 503): Problem}, operation_id="me",
    summary=N_("Read whose token this is"),
    description=N_("The person, and what the token can do today: its own rights that the person still holds."),
)  # fmt: skip
@granted(*SCOPES)
def me(request: HttpRequest) -> schemas.Me:
    admission = request.auth
    person = admission.staff
    return schemas.Me(
        staff_no=person.staff_no,
        name=person.name,
        unit_code=person.unit.code,
        scopes=sorted(admission.scopes),
        rights=sorted(right for right in admission.scopes if admission.may(Permission(right))),
        reaches=sorted(person.scopes()),
    )


@router.get(
    "/health", auth=None, response={200: schemas.Health, (500, 503): Problem}, operation_id="health",
    summary=N_("Ask whether the system answers"), description=N_("Needs no token. 503 while the database is away."),
)  # fmt: skip
def health(request: HttpRequest) -> schemas.Health:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return schemas.Health(status="ok", version=version("zhike"))
