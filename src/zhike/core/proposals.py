"""What an approver reads: each kind of proposal says its name, its content in lines, and what it concerns.

The room that proposes registers its kind; the inbox knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.core import formats, labels
from zhike.core.models import Approval, Parameter

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures an approver needs to see side by side; a column of numbers for every head but the first."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def _no_tables(approval: Approval) -> list[Table]:
    return []


def _never(approval: Approval) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """How proposals of one kind are shown. `link` leads to what the proposal concerns; `tables` follow the
    lines on the approver's page.

    One that came back is mended at `mend`, or else at `link`; `is_settled` says that there is nothing to mend any
    more, besides a later proposal for the same thing, which settles it in every kind.
    """

    label: Promise
    title: Callable[[Approval], str]
    lines: Callable[[Approval], Lines]
    link: Callable[[Approval], str]
    tables: Callable[[Approval], list[Table]] = _no_tables
    mend: Callable[[Approval], str] | None = None
    is_settled: Callable[[Approval], bool] = _never


_kinds: dict[str, Kind] = {}


def register_proposal_kind(code: str, kind: Kind) -> None:
    """Let the inbox show proposals of a kind."""
    _kinds[code] = kind


def kind_label(approval: Approval) -> str:
    """The name of the kind."""
    return str(_kinds[approval.kind].label) if approval.kind in _kinds else approval.kind


def title(approval: Approval) -> str:
    """What the proposal is about, in a few words."""
    return _kinds[approval.kind].title(approval) if approval.kind in _kinds else approval.subject_label


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
    kind = _kinds.get(approval.kind)
    return kind.mend(approval) if kind and kind.mend else link(approval)


def is_settled(approval: Approval) -> bool:
    """Whether nothing is left to mend of a proposal that came back, as its room sees it."""
    return approval.kind in _kinds and _kinds[approval.kind].is_settled(approval)


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
    "core.parameter",
    Kind(
        label=gettext_lazy("Change of a parameter"),
        title=lambda approval: labels.label(labels.Register.PARAMETER, approval.subject_label),
        lines=_parameter_lines,
        link=lambda approval: reverse("core:parameter", args=[approval.subject_label]),
        is_settled=lambda approval: Parameter.objects.filter(
            code=approval.subject_label, pk__gt=approval.subject_id
        ).exists(),
    ),
)
