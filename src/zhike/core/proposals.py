"""What an approver reads: each kind of proposal says its name, its content in lines, and what it concerns.

The room that proposes registers its kind; the inbox knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.core import formats, labels
from zhike.core.models import Approval, Parameter

Lines = list[tuple[str, str]]
ForEach = Callable[[Sequence[Approval]], list[str]]
"""A text for each of many proposals, in their order and by a number of queries that does not grow with them."""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures an approver needs to see side by side; a column of numbers for every head but the first."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def _no_tables(approval: Approval) -> list[Table]:
    return []


def _nothing_else() -> Q:
    return Q(pk__in=[])


def each(text: Callable[[Approval], str]) -> ForEach:
    """The texts of many proposals by that of one; `text` must not ask the database."""
    return lambda approvals: [text(approval) for approval in approvals]


@dataclass(frozen=True, slots=True)
class Kind:
    """How proposals of one kind are shown. `link` leads to what the proposal concerns; `tables` follow the
    lines on the approver's page.

    One that came back is mended at `mends`, or else at `link`. Nothing is left to mend once the same thing has been
    proposed anew, by anybody and whatever became of it, or where `settled` holds. A later proposal is for the same
    thing if kind and subject are the same and `same_thing` holds of it, whose `OuterRef` is the one that came back:
    name there what tells proposals for one subject apart. Rather one stays too long, and is given up, than one is
    lost that still waits.
    """

    label: Promise
    titles: ForEach
    lines: Callable[[Approval], Lines]
    link: Callable[[Approval], str]
    tables: Callable[[Approval], list[Table]] = _no_tables
    mends: ForEach | None = None
    same_thing: Q | None = None
    settled: Callable[[], Q] = _nothing_else


_kinds: dict[str, Kind] = {}


def register_proposal_kind(code: str, kind: Kind) -> None:
    """Let the inbox show proposals of a kind."""
    _kinds[code] = kind


def kind_label(approval: Approval) -> str:
    """The name of the kind."""
    return str(_kinds[approval.kind].label) if approval.kind in _kinds else approval.kind


def title(approval: Approval) -> str:
    """What the proposal is about, in a few words."""
    return titles([approval])[0]


def titles(approvals: Sequence[Approval]) -> list[str]:
    """What each proposal is about, in their order; asks as often for many as for one of each kind."""
    return _by_kind(approvals, lambda kind: kind.titles, otherwise=lambda approval: approval.subject_label)


def lines(approval: Approval) -> Lines:
    """The content, line by line."""
    return _kinds[approval.kind].lines(approval) if approval.kind in _kinds else []


def tables(approval: Approval) -> list[Table]:
    """The figures to be seen before deciding."""
    return _kinds[approval.kind].tables(approval) if approval.kind in _kinds else []


def link(approval: Approval) -> str:
    """Where the thing concerned can be looked at, or ''."""
    return _kinds[approval.kind].link(approval) if approval.kind in _kinds else ""


def mend_link(approval: Approval) -> str:
    """Where its author mends a proposal that came back and proposes it anew, or ''."""
    return mend_links([approval])[0]


def mend_links(approvals: Sequence[Approval]) -> list[str]:
    """Where each is mended, in their order; asks as often for many as for one of each kind."""
    return _by_kind(approvals, lambda kind: kind.mends, otherwise=link)


def _by_kind(
    approvals: Sequence[Approval],
    texts: Callable[[Kind], ForEach | None],
    *,
    otherwise: Callable[[Approval], str],
) -> list[str]:
    found: dict[int, str] = {}
    for code in {approval.kind for approval in approvals}:
        rows = [approval for approval in approvals if approval.kind == code]
        of_many = (texts(_kinds[code]) if code in _kinds else None) or each(otherwise)
        found |= zip((row.pk for row in rows), of_many(rows), strict=True)
    return [found[approval.pk] for approval in approvals]


def settled() -> Q:
    """Of proposals that came back: those of which nothing is left to mend, as a condition of a query."""
    anew = Approval.objects.filter(
        pk__gt=OuterRef("pk"),
        kind=OuterRef("kind"),
        subject_type=OuterRef("subject_type"),
        subject_id=OuterRef("subject_id"),
    )
    otherwise = Q()
    for code, kind in _kinds.items():
        if kind.same_thing is not None:
            anew = anew.filter(~Q(kind=code) | kind.same_thing)
        otherwise |= Q(kind=code) & kind.settled()
    return Q(Exists(anew)) | otherwise


def shown_value(value: object) -> str:
    """A parameter's value as people read it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return formats.grouped(value) if isinstance(value, int) else str(value)


def _parameter_lines(approval: Approval) -> Lines:
    payload = approval.payload
    return [
        (_("Present value"), shown_value(payload["old"])),
        (_("New value"), shown_value(payload["new"])),
        (_("In force from"), payload["valid_from"]),
    ]


register_proposal_kind(
    "core.webhook",
    Kind(
        label=gettext_lazy("Webhook"),
        titles=each(lambda approval: approval.subject_label),
        lines=lambda approval: [
            (_("Receiving address"), approval.payload["url"]),
            (_("Told of"), _("Published tiers")),
            (_("What leaves"), _("Number, period and date of the evaluation; no customer.")),
        ],
        link=lambda approval: reverse("core:webhook", args=[approval.subject_id]),
    ),
)
register_proposal_kind(
    "core.parameter",
    Kind(
        label=gettext_lazy("Change of a parameter"),
        titles=each(lambda approval: labels.label(labels.Register.PARAMETER, approval.subject_label)),
        lines=_parameter_lines,
        link=lambda approval: reverse("core:parameter", args=[approval.subject_label]),
        settled=lambda: Q(
            Exists(Parameter.objects.filter(code=OuterRef("subject_label"), pk__gt=OuterRef("subject_id")))
        ),
    ),
)
