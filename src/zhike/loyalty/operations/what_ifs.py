"""What-ifs: other numbers tried on a computed run, kept to be compared, made a draft (L-38, L-42).

Trying writes nothing. A kept what-if judges nobody; only an approved scheme does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from zhike.analytics import scheme as analytics_scheme
from zhike.analytics import weighing, what_if
from zhike.analytics.inputs import FrozenByAnotherRelease
from zhike.analytics.peers import Peers
from zhike.analytics.scheme import SchemeSpec
from zhike.core import audit
from zhike.core.errors import DomainError
from zhike.facts import api as facts
from zhike.loyalty.enums import PLAYABLE_RUNS
from zhike.loyalty.models import Run, RunPeer, Scheme, WhatIf
from zhike.loyalty.operations import schemes

MOST_KEPT = 50
"""What-ifs of one run that stand side by side at most: more is no comparison."""
SHOWN_MOVERS = 20


class WhatIfRefused(DomainError):
    pass


@dataclass(frozen=True)
class Outlook:
    """What a what-if shows: figures of the whole, of a part, and whom it would move most."""

    figures: what_if.Figures
    parts: Mapping[Any, what_if.Figures]
    movers: list[what_if.Mover]


def play(run: Run, spec: SchemeSpec, *, part: what_if.Part) -> Outlook:
    """Compute what a scheme would make of the customers of a run, split by a part. Writes nothing.

    Refuses a run that keeps no indicator table, as `playable_refusal` says. Raises SchemeNotUsable and NeedsFacts.
    """
    if refusal := playable_refusal(run):
        raise WhatIfRefused(refusal)
    kept = _kept(run)
    with facts.engine() as duck:
        parts = what_if.by_part(duck, kept, spec, part)
        movers = what_if.movers(duck, kept, spec, at_most=SHOWN_MOVERS)
    return Outlook(what_if.together(spec, parts.values()), parts, movers)


def entropy_weights(run: Run, spec: SchemeSpec, *, weight_set: str) -> dict[str, float]:
    """By how much each indicator tells the customers of a weight set apart, as shares (formula E.6).

    Refuses as `play` does; raises what it raises.
    """
    if refusal := playable_refusal(run):
        raise WhatIfRefused(refusal)
    with facts.engine() as duck:
        spread = what_if.value_spread(duck, _kept(run), spec, weight_set=weight_set)
    return weighing.entropy_shares(spread) if spread else {}


def parts_of(run: Run, spec: SchemeSpec) -> tuple[what_if.Part, ...]:
    """By what the customers of a run can be split under a scheme."""
    has_value = what_if.has_value(run.run_inputs, spec)
    return tuple(part for part in what_if.Part if part is not what_if.Part.VALUE or has_value)


def playable_refusal(run: Run) -> str:
    """Why nothing can be tried on a run; '' if it can."""
    if run.state not in PLAYABLE_RUNS:
        return _("What-ifs are played on an evaluation that is computed and reconciled.")
    if "groups" not in run.summary or not facts.full_path(run.result_path).is_file():
        return _("This evaluation keeps no table of indicators to play on.")
    if not _is_readable(run):
        return _("Indicators of this evaluation mean something else in this release.")
    return ""


@transaction.atomic
def keep_what_if(*, run_id: int, name: str, spec: Mapping[str, Any], by: Any, now: datetime) -> WhatIf:
    """Keep tried numbers with what they would do. Refuses an empty name, numbers with problems and too many."""
    run = Run.objects.select_for_update().get(pk=run_id)
    if refusal := playable_refusal(run):
        raise WhatIfRefused(refusal)
    if not name.strip():
        raise WhatIfRefused(_("Give the what-if a name."))
    if run.what_ifs.count() >= MOST_KEPT:
        raise WhatIfRefused(_("There are %(count)s what-ifs already; delete some.") % {"count": MOST_KEPT})
    read = analytics_scheme.from_dict(spec)
    with facts.engine() as duck:
        found = what_if.figures(duck, _kept(run), read)
    last = run.what_ifs.aggregate(last=Max("number"))["last"] or 0
    kept = WhatIf(
        run=run, number=last + 1, name=name.strip(), spec=read.to_dict(), figures=_plain(found), kept_by=by,
        kept_at=now,
    )  # fmt: skip
    with audit.change(kept, "what_if.kept", by=by, at=now):
        kept.save()
    return kept


@transaction.atomic
def delete_what_if(*, what_if_id: int, by: Any, now: datetime) -> None:
    """Delete a kept what-if. Refuses anybody but who kept it."""
    kept = WhatIf.objects.select_for_update().get(pk=what_if_id)
    if kept.kept_by_id != by.pk:
        raise WhatIfRefused(_("Only who kept a what-if deletes it."))
    audit.record("what_if.deleted", by=by, at=now, row=kept, detail={"name": kept.name})
    kept.delete()


@transaction.atomic
def draft_from_what_if(*, run_id: int, spec: Mapping[str, Any], by: Any, now: datetime) -> Scheme:
    """Draft the next version of the run's scheme with tried numbers, to be tried on the facts and submitted."""
    run = Run.objects.select_related("scheme").get(pk=run_id)
    draft = schemes.draft_next_version(scheme_id=run.scheme_id, by=by, now=now)
    return _take_over(draft, spec, version=draft.version, by=by, now=now)


@transaction.atomic
def take_into_draft(
    *, scheme_id: int, version: int, spec: Mapping[str, Any], by: Any, now: datetime
) -> Scheme:
    """Give a draft the tried numbers. Refuses what is no draft any more; raises DraftMoved when it is stale."""
    draft = Scheme.objects.select_for_update().get(pk=scheme_id)
    return _take_over(draft, spec, version=version, by=by, now=now)


def _take_over(draft: Scheme, spec: Mapping[str, Any], *, version: int, by: Any, now: datetime) -> Scheme:
    return schemes.change_draft(
        scheme_id=draft.pk, version=version, spec=spec, name=draft.name, basis=draft.basis,
        reason=draft.reason, valid_from=draft.valid_from, by=by, now=now,
    )  # fmt: skip


def _is_readable(run: Run) -> bool:
    try:
        return bool(run.run_inputs)
    except FrozenByAnotherRelease:
        return False


def _kept(run: Run) -> what_if.KeptRun:
    rows = RunPeer.objects.filter(run=run)
    peers = tuple(
        Peers(
            row.indicator, row.business_type, row.customer_group, row.customer_count, row.mean_raw,
            row.deviation, row.median_raw, row.median_rank or 0.0, row.median_value,
        )
        for row in rows
    )  # fmt: skip
    groups = tuple((business_type, group) for business_type, group, _count in run.summary["groups"])
    return what_if.KeptRun(facts.full_path(run.result_path), run.run_inputs, peers, groups)


def _plain(found: what_if.Figures) -> dict[str, Any]:
    """Figures as they are kept: pairs of tiers as lists, since a key of JSON is one word."""
    plain = asdict(found)
    for name in ("moves", "migration", "value_cents"):
        cells = getattr(found, name)
        plain[name] = None if cells is None else [[*pair, count] for pair, count in sorted(cells.items())]
    return plain
