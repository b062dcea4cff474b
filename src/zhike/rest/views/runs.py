"""Evaluation runs: list, read, start."""

from __future__ import annotations

import hashlib
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Header, Query, Router
from ninja.responses import Response

from zhike.core.access.permissions import Permission
from zhike.loyalty.api import smallest_cell
from zhike.loyalty.enums import VIEWABLE_RUNS
from zhike.loyalty.models import Run
from zhike.rest.operations import runs
from zhike.rest.operations.answers import Answer, answer_once
from zhike.rest.views import schemas
from zhike.rest.views.bearer import granted
from zhike.rest.views.marks import N_
from zhike.rest.views.paging import page_of
from zhike.rest.views.problems import KEY_HEADER, Problem, as_problem, problem_body
from zhike.rest.views.schemas import Key, RowNumber

READERS = (Permission.RESULT_COUNT, Permission.RUN_START)
REPEATED_HEADER = "Idempotency-Repeated"
WRITE_ERRORS = (400, 401, 403, 409, 413, 422, 428, 429, 500, 503)
router = Router(tags=["runs"])


@router.get(
    "/runs", response={200: schemas.RunPage, (400, 401, 403, 422, 429, 500, 503): Problem},
    operation_id="runs_list", summary=N_("List evaluation runs"),
    description=N_("The newest first. Who may not start runs sees published ones only."),
)  # fmt: skip
@granted(*READERS)
def run_list(request: HttpRequest, query: Query[schemas.RunQuery]) -> schemas.RunPage:
    rows = _viewable(request)
    if query.state is not None:
        rows = rows.filter(state=query.state)
    if query.scheme is not None:
        rows = rows.filter(scheme_code=query.scheme)
    found, after = page_of(rows, query, newest_first=True)
    return schemas.RunPage(items=[schemas.Run(**_brief(row, request)) for row in found], next=after)


@router.get(
    "/runs/{run_id}", response={200: schemas.RunDetail, (400, 401, 403, 404, 422, 429, 500, 503): Problem},
    operation_id="runs_one", summary=N_("Read an evaluation run"),
    description=N_("One run with its state, counts, warnings and what it rests on."),
)  # fmt: skip
@granted(*READERS)
def run_detail(request: HttpRequest, run_id: RowNumber) -> schemas.RunDetail:
    return _detail(get_object_or_404(_viewable(request), pk=run_id), request)


@router.post(
    "/runs", response={201: schemas.RunDetail, WRITE_ERRORS: Problem},
    operation_id="runs_start", summary=N_("Start an evaluation run"),
    description=N_(
        "Queues the evaluation of the period the date lies in. Read the run to follow it. The same key with the "
        "same body gives the same answer again and starts nothing."
    ),
)  # fmt: skip
@granted(Permission.RUN_START)
def run_start(
    request: HttpRequest,
    order: schemas.RunOrder,
    idempotency_key: Annotated[
        Key, Header(alias=KEY_HEADER, description=N_("A value of your own, one per write."))
    ],
) -> HttpResponse:
    person, now = request.auth.staff, timezone.now()

    def work() -> Answer:
        run = runs.start_run(
            scheme_code=order.scheme, as_of=order.as_of, reason=order.reason, by=person, now=now
        )
        return Answer(201, _detail(run, request).model_dump(mode="json"))

    answer = answer_once(
        scope=f"rest:{person.pk}", key=idempotency_key, body_hash=_fingerprint(request, order),
        work=work, refusal=lambda refused: Answer(409, problem_body(request, "refused", detail=str(refused))),
        now=now,
    )  # fmt: skip
    response = (
        as_problem(answer.body)
        if answer.status >= 400
        else Response(answer.body, status=answer.status, json_dumps_params={"ensure_ascii": False})
    )
    if answer.is_repeated:
        response[REPEATED_HEADER] = "true"
    return response


def _fingerprint(request: HttpRequest, order: schemas.RunOrder) -> bytes:
    """Of what is asked, not of how it was spelt: spaces and the order of names do not matter."""
    asked = f"{request.method} {request.path}\n{order.model_dump_json()}"
    return hashlib.sha256(asked.encode()).digest()


def _viewable(request: HttpRequest) -> QuerySet[Run]:
    rows = Run.objects.all()
    return rows if request.auth.may(Permission.RUN_START) else rows.filter(state__in=VIEWABLE_RUNS)


def _brief(run: Run, request: HttpRequest) -> dict[str, object]:
    least = smallest_cell(request.auth.staff, run)

    def told(count: int) -> int | None:
        """As on the pages: a small count only to who may see the customers behind it."""
        return None if 0 < count < least else count

    return {
        "id": run.pk, "scheme": run.scheme_code, "period": run.period, "number": run.number, "as_of": run.as_of,
        "state": run.state, "customer_count": told(run.customer_count),
        "changed_count": told(run.changed_count),
        "started_at": run.started_at, "computed_at": run.computed_at, "reviewed_at": run.reviewed_at,
        "published_at": run.published_at,
    }  # fmt: skip


def _detail(run: Run, request: HttpRequest) -> schemas.RunDetail:
    return schemas.RunDetail(
        **_brief(run, request), scheme_version=run.scheme.number, reason=run.reason, indicators=run.indicators,
        warnings=run.warnings, batches=run.batches, result_hash=run.result_hash,
    )  # fmt: skip
