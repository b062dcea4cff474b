"""Loyalty of customers: where they stand, and what it is made of."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router

from zhike.core.access.permissions import Permission
from zhike.customers.models import Customer
from zhike.loyalty.models import Result, RunPeer, Standing
from zhike.rest.operations.reads import record_list, record_read
from zhike.rest.views import schemas
from zhike.rest.views.bearer import granted
from zhike.rest.views.marks import N_
from zhike.rest.views.paging import page_of
from zhike.rest.views.problems import Problem
from zhike.rest.views.schemas import CustomerNumber

router = Router(tags=["scores"])


@router.get(
    "/scores", response={200: schemas.ScorePage, (400, 401, 403, 422, 429, 500, 503): Problem},
    operation_id="scores_list", summary=N_("List loyalty"),
    description=N_("Where customers in scope stand by the last published evaluation, page by page."),
)  # fmt: skip
@granted(Permission.RESULT_READ)
def score_list(request: HttpRequest, query: Query[schemas.ScoreQuery]) -> schemas.ScorePage:
    seen = Customer.objects.visible_to(request.auth.staff)
    if query.outlet is not None:
        seen = seen.filter(outlet__code=query.outlet)
    rows = Standing.objects.filter(customer__in=seen).select_related("customer")
    if query.tier is not None:
        rows = rows.filter(tier=query.tier)
    if query.changed is not None:
        rows = rows.filter(is_changed=query.changed)
    found, after = page_of(rows, query, key="customer_id")
    record_list(
        (row.customer.customer_no for row in found), what="scores", asked=request.GET.dict(),
        by=request.auth.staff, now=timezone.now(),
    )  # fmt: skip
    return schemas.ScorePage(items=[schemas.Score(**_standing(row)) for row in found], next=after)


@router.get(
    "/customers/{customer_no}/score",
    response={200: schemas.ScoreDetail, (400, 401, 403, 404, 422, 429, 500, 503): Problem},
    operation_id="customers_score", summary=N_("Read a customer's loyalty with its make-up"),
    description=N_("The standing, and each indicator's value, weight and points beside its peers."),
)  # fmt: skip
@granted(Permission.RESULT_READ)
def score(request: HttpRequest, customer_no: CustomerNumber) -> schemas.ScoreDetail:
    customer = get_object_or_404(Customer.objects.visible_to(request.auth.staff), customer_no=customer_no)
    standing = get_object_or_404(Standing.objects.select_related("customer", "run"), customer=customer)
    result = get_object_or_404(Result, run_id=standing.run_id, customer=customer)
    record_read(customer, what="score", by=request.auth.staff, now=timezone.now())
    return schemas.ScoreDetail(
        **_standing(standing), period=standing.run.period, as_of=standing.run.as_of,
        weight_set=result.weight_set, indicators=_make_up(standing, result),
    )  # fmt: skip


def _make_up(standing: Standing, result: Result) -> list[schemas.IndicatorScore]:
    peers = dict(
        RunPeer.objects.filter(
            run_id=standing.run_id, business_type=result.business_type, customer_group=result.customer_group
        ).values_list("indicator", "median_value")
    )
    parts = zip(
        standing.run.indicators, result.raws, result.states, result.values, result.weights,
        result.contributions, strict=True,
    )  # fmt: skip
    return [
        schemas.IndicatorScore(
            indicator=code, raw=raw, state=state, value=value, weight=weight, contribution=points,
            peer_median=peers.get(code),
        )
        for code, raw, state, value, weight, points in parts
    ]  # fmt: skip


def _standing(row: Standing) -> dict[str, object]:
    return {
        "customer_no": row.customer.customer_no, "run": row.run_id, "tier": row.tier,
        "computed_tier": row.computed_tier, "tier_before": row.tier_before or None, "score": row.score,
        "score_before": row.score_before, "score_change": row.score_change, "movement": row.movement,
        "available_weight": row.available_weight, "is_sufficient": row.is_sufficient,
        "is_provisional": row.is_provisional, "is_changed": row.is_changed, "causes": row.causes,
        "since_on": row.since_on,
    }  # fmt: skip
