"""The made-up bank's segments: of the whole bank, of a sub-branch, of an outlet and of one person, made by those whose
duty it is, and recorded on the last days of some months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import override

from zhike.analytics.rules import Ask, Condition, Group, Join
from zhike.core.models import Approval
from zhike.core.operations import approvals
from zhike.facts.demo import cast
from zhike.insight import api as insight
from zhike.insight.enums import SegmentScope
from zhike.insight.models import Segment
from zhike.staff.enums import UnitKind
from zhike.staff.models import Staff

MONTHS = 3
_TEN_THOUSAND = 1_000_000  # in cents


def _rule(*parts: Condition | Group) -> Group:
    return Group(Join.ALL, parts)


def _at_least(field: str, number: int) -> Condition:
    return Condition(field, Ask.BETWEEN, number, None)


def _yes(field: str) -> Condition:
    return Condition(field, Ask.YES)


def _no(field: str) -> Condition:
    return Condition(field, Ask.NO)


def _not_spoken_to(days: int) -> Group:
    """Longer ago than so many days, or not in the year at all."""
    return Group(
        Join.ANY, (Condition("LAST_CONTACT", Ask.LONGER, days=days), Condition("LAST_CONTACT", Ask.UNKNOWN))
    )


Described = tuple[str, str, list[str], Group]
"""Name, purpose, measures and rule."""
_FALLING = Condition("BALANCE_TREND", Ask.BETWEEN, None, 800_000)

OF_THE_BANK: tuple[Described, ...] = (
    ("大额到期承接", "存款和理财到期前主动承接", ["到期前两周电话预约", "准备承接方案"],
     _rule(_at_least("BALANCE", 50 * _TEN_THOUSAND), Condition("NEXT_MATURITY", Ask.AHEAD, days=90))),
    ("资产流出苗头", "余额明显下降而仍有往来的客户", ["客户经理回访，了解原因"],
     _rule(_at_least("BALANCE", 5 * _TEN_THOUSAND), _FALLING, _no("IS_SLEEPING"))),
    ("睡眠户唤醒", "一年没有主动交易的老客户", ["短信问候", "推荐手机银行"],
     _rule(_yes("IS_SLEEPING"), _at_least("MONTHS_KNOWN", 12))),
    ("手机银行主力", "以手机银行为主要渠道的活跃客户", ["线上活动优先"],
     _rule(_at_least("MOBILE_SHARE", 600_000), _at_least("ACTS_12M", 24))),
)  # fmt: skip
OF_A_BRANCH: tuple[Described, ...] = (
    ("代发客户未持理财", "在本行代发工资而尚未配置理财", ["邀请参加理财沙龙"],
     _rule(_yes("HOLDS_PAYROLL"), _no("HOLDS_WEALTH"), _at_least("BALANCE", _TEN_THOUSAND))),
    ("近年常购客户", "一年内多次主动购买", ["介绍新发产品"], _rule(_at_least("PURCHASES_12M", 2))),
    ("柜台为主的客户", "多到柜台办理，可引导使用手机银行", ["大堂经理引导"],
     _rule(Condition("COUNTER_SHARE", Ask.BETWEEN, 500_000, None), _at_least("ACTS_12M", 6))),
)  # fmt: skip
OF_AN_OUTLET: tuple[Described, ...] = (
    ("投诉后待关怀", "一年内有投诉，近期没有联系", ["网点负责人致电"],
     _rule(_at_least("COMPLAINTS_12M", 1), _not_spoken_to(30))),
    ("满意的推荐人", "满意度高，愿意推荐", ["邀请参加推荐活动"],
     _rule(_at_least("SATISFACTION", 4), _at_least("INTENTION", 8))),
    ("新客户首年", "建立关系不足一年", ["新客户回访"], _rule(Condition("MONTHS_KNOWN", Ask.BETWEEN, None, 11))),
)  # fmt: skip
OF_A_PERSON: tuple[Described, ...] = (
    ("老客户回访", "多年客户，三个月没有联系", [], _rule(_at_least("MONTHS_KNOWN", 36), _not_spoken_to(90))),
    ("本季到期提醒", "九十天内有产品到期", [], _rule(Condition("NEXT_MATURITY", Ask.AHEAD, days=90))),
    ("高忠诚客户致谢", "高忠诚等级", [], _rule(Condition("TIER", Ask.IN, values=("HIGH",)))),
)  # fmt: skip


def make_segments(business_date: date) -> int:
    """Make the segments and record them; returns how many. Needs the facts loaded and people appointed."""
    with override("zh-hans"):
        made = [*_of_the_bank(), *_of_places(), *_of_a_person()]
        for day in [*_month_ends(business_date), business_date]:
            insight.build_portrait(now=timezone.now(), as_of=day)
            for segment in made:
                insight.take_snapshot(segment_id=segment.pk, now=timezone.now())
    return len(made)


def _of_the_bank() -> Iterator[Segment]:
    drafter, decider = _holder(cast.CRM_ANALYST), _holder(cast.CRM_MANAGER)
    for name, about, measures, rule in OF_THE_BANK:
        now = timezone.now()
        content = insight.Content(name, rule, SegmentScope.BANK, None, about, measures)
        segment = insight.draft_segment(content=content, by=drafter, now=now)
        version = insight.bring_in_force(segment_id=segment.pk, reason="首批全行分群", by=drafter, now=now)
        proposal = Approval.objects.get(kind="insight.segment", subject_id=version.pk)
        approvals.approve(approval_id=proposal.pk, reason="同意", by=decider, now=now)
        yield segment


def _of_places() -> Iterator[Segment]:
    for post, scope, kinds, found in (
        ("BRANCH_HEAD", SegmentScope.BRANCH, (UnitKind.BRANCH, UnitKind.SUB_BRANCH), OF_A_BRANCH),
        ("OUTLET_HEAD", SegmentScope.OUTLET, (UnitKind.OUTLET, UnitKind.DIRECT_OUTLET), OF_AN_OUTLET),
    ):
        heads = Staff.objects.filter(post=post, is_active=True, unit__kind__in=kinds).order_by("staff_no")
        for head in heads[:1]:
            for name, about, measures, rule in found:
                yield _begun(insight.Content(name, rule, scope, head.unit_id, about, measures), head)


def _of_a_person() -> Iterator[Segment]:
    for name, about, measures, rule in OF_A_PERSON:
        yield _begun(insight.Content(name, rule, about=about, measures=measures), _holder("ACCOUNT_MANAGER"))


def _begun(content: insight.Content, by: Staff) -> Segment:
    now = timezone.now()
    segment = insight.draft_segment(content=content, by=by, now=now)
    insight.bring_in_force(segment_id=segment.pk, reason="", by=by, now=now)
    return segment


def _holder(post: str) -> Staff:
    return Staff.objects.filter(post=post, is_active=True).order_by("staff_no")[0]


def _month_ends(business_date: date) -> list[date]:
    """The last days of the months before, the earliest first."""
    ends = [business_date.replace(day=1) - timedelta(days=1)]
    while len(ends) < MONTHS:
        ends.insert(0, ends[0].replace(day=1) - timedelta(days=1))
    return ends
