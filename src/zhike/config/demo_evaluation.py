"""Four published quarters of the made-up bank, decided by those whose duty it is: the CRM manager drafts the
scheme, the executive approves it, the analyst runs it, the CRM manager publishes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import override

from zhike.core.models import Approval, JobRun
from zhike.core.operations import approvals, jobs
from zhike.facts.demo import cast
from zhike.loyalty import api as loyalty
from zhike.loyalty import jobs as loyalty_jobs
from zhike.staff.models import Staff

CODE = "FULL"


def evaluate_quarters(business_date: date, *, count: int = 4) -> tuple[str, ...]:
    """Publish the last quarters that have ended by the business date, then look for early movers (L-11)."""
    ends = [_quarter_end(business_date)]
    while len(ends) < count:
        ends.insert(0, _quarter_end(ends[0] - timedelta(days=1)))
    with override("zh-hans"):
        scheme = _scheme(ends[-1], now=timezone.now())
        periods = tuple(_publish(scheme, as_of).period for as_of in ends)
        loyalty_jobs.watch(business_date)
    return periods


def _scheme(try_on: date, *, now: datetime) -> loyalty.Scheme:
    drafter, decider = _holder(cast.CRM_MANAGER), _holder(cast.EXECUTIVE)
    draft = loyalty.draft_scheme(preset="full", code=CODE, name="客户忠诚度评估办法", by=drafter, now=now)
    draft = loyalty.change_draft(
        scheme_id=draft.pk, version=draft.version, spec=draft.spec, name=draft.name,
        basis="《客户忠诚度管理规章》四.2", reason="首次评估：五项指标，按业务类型和客户群体设权重",
        valid_from=timezone.localdate(now), by=drafter, now=now,
    )  # fmt: skip
    loyalty.try_scheme(scheme_id=draft.pk, as_of=try_on, by=drafter, now=now)
    loyalty.submit_scheme(scheme_id=draft.pk, version=draft.version, by=drafter, now=now)
    proposal = Approval.objects.get(kind="loyalty.scheme", subject_id=draft.pk)
    approvals.approve(approval_id=proposal.pk, reason="同意试行", by=decider, now=now)
    return loyalty.Scheme.objects.get(pk=draft.pk)


def _publish(scheme: loyalty.Scheme, as_of: date) -> loyalty.Run:
    now = timezone.now()
    run = loyalty.start_run(scheme_id=scheme.pk, as_of=as_of, by=_holder(cast.CRM_ANALYST), now=now)

    def compute(progress: jobs.Progress) -> None:
        loyalty.compute_run(run_id=run.pk, tell=progress.step, clock=timezone.now)

    # Through the job's own row, so that the worker finds it done.
    jobs.perform(JobRun.objects.get(job="loyalty.compute", key__startswith=f"{run.pk}.").pk, compute)
    loyalty.waive_review(run_id=run.pk, reason="演示数据，未抽查", now=timezone.now())
    return loyalty.publish_run(run_id=run.pk, by=_holder(cast.CRM_MANAGER), now=timezone.now())


def _holder(post: str) -> Staff:
    return Staff.objects.filter(post=post, is_active=True).order_by("staff_no")[0]


def _quarter_end(day: date) -> date:
    """The last quarter end that is not after `day`."""
    ends = [date(year, month, last) for year in (day.year - 1, day.year)
            for month, last in ((3, 31), (6, 30), (9, 30), (12, 31))]  # fmt: skip
    return max(end for end in ends if end <= day)
