"""One customer's loyalty: what it is made of, against peers, since last time, and over the runs (K-10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhike.core import formats
from zhike.core.access.permissions import Permission
from zhike.customers.models import Customer
from zhike.loyalty.enums import VIEWABLE_RUNS, Movement, RunState, Tier, ValueState
from zhike.loyalty.models import Override, Result, Run, RunPeer, Standing
from zhike.loyalty.queries.cause_words import Cause, CauseKind, cause_name
from zhike.loyalty.queries.causes import NOTHING, Explained, causes_between
from zhike.loyalty.queries.held import Held, held
from zhike.loyalty.queries.sentences import (
    DEFINITIONS,
    indicator_label,
    raw_in_words,
    weight_set_label,
)
from zhike.staff.models import Staff


@dataclass(frozen=True, slots=True)
class Part:
    """One indicator of one customer in one run, ready to be shown. Points are of 100.

    `change` is what the indicator did to the index since the run before, as in the chart and in the sentences.
    """

    code: str
    name: str
    definition: str
    raw: str
    raw_median: str
    value: float | None
    value_median: float | None
    weight: float
    contribution: float
    change: float | None
    state: ValueState
    peer_count: int

    @property
    def is_observed(self) -> bool:
        """Whether the value is the customer's own."""
        return self.state == ValueState.OBSERVED


@dataclass(frozen=True)
class Breakdown:
    """A customer's result in one run with everything that explains it."""

    customer: Customer
    run: Run
    result: Result
    parts: tuple[Part, ...]
    explained: Explained
    override: Override | None
    tier: str

    @property
    def tier_label(self) -> str:
        """The tier shown, an override included."""
        return str(Tier(self.tier).label)

    @property
    def held(self) -> Held | None:
        """Why the tier is not the one of the score, if so."""
        return held(self.result, is_by_hand=self.override is not None)

    @property
    def flags(self) -> list[str]:
        """What must be said beside the score: data incomplete, too few, overridden."""
        found = []
        if not self.result.is_sufficient:
            found.append(_("Data insufficient"))
        elif self.result.available_weight < 1:
            share = formats.share(self.result.available_weight)
            found.append(_("Data incomplete: %(share)s of the weight") % {"share": share})
        if self.override:
            found.append(_("Set by hand until %(day)s") % {"day": formats.day(self.override.expires_on)})
        return found

    @property
    def sentences(self) -> list[str]:
        """The explanation in plain words, for staff and for a customer who asks (K-10, PIPL art. 24)."""
        spec = self.run.scheme.definition
        found = []
        if self.result.score is not None and self.result.is_sufficient:
            found.append(
                _("The index is %(score)s of 100. High begins at %(high)s, medium at %(medium)s.")
                % {
                    "score": formats.grouped(self.result.score, 2),
                    "high": formats.grouped(spec.high_from),
                    "medium": formats.grouped(spec.medium_from),
                }
            )
        found.append(self._ground)
        best = max(self.parts, key=lambda part: part.contribution, default=None)
        if best is not None and best.contribution > 0:
            found.append(
                _("Most of it comes from “%(name)s”: %(points)s points.")
                % {"name": best.name, "points": formats.grouped(best.contribution, 1)}
            )
        found += [sentence + _(".") for sentence in self.explained.sentences]
        left_out = [part.name for part in self.parts if part.value is None]
        if left_out:
            found.append(
                _("Not counted for want of data: %(names)s. Their weight went to the others.")
                % {"names": _(", ").join(left_out)}
            )
        return found

    @property
    def _ground(self) -> str:
        """Why the tier is this one: an approval, a rule of the scheme, or the score."""
        if self.override or self.result.is_provisional:
            return self.held.reason if self.held else ""
        return str(Movement(self.result.movement).label) + _(".")

    @property
    def reweighed(self) -> str:
        """That the weights moved the index too, not only what customers do, and why; '' if they did not."""
        kinds: dict[CauseKind, list[Cause]] = {kind: [] for kind in CauseKind}
        for cause in self.explained.shown:
            kinds[cause.kind].append(cause)
        come_or_gone = [cause_name(each) for each in (*kinds[CauseKind.COUNTED], *kinds[CauseKind.LEFT_OUT])]
        if come_or_gone:
            return _("The weights were shared out anew: %(names)s.") % {"names": _("; ").join(come_or_gone)}
        if kinds[CauseKind.REWEIGHED]:
            return _("The weights are not those of last time; what that changed stands in a line of its own.")
        return ""

    @property
    def other_changes(self) -> list[tuple[str, float]]:
        """What else changed the index, with points: the weights, and indicators that the scheme has no more.

        With the changes of the parts they add up to the change of the index.
        """
        of_parts = {part.code for part in self.parts}
        return [(cause_name(each), each.points) for each in self.explained.shown if each.code not in of_parts]

    @property
    def weight_set(self) -> str:
        """By which weights the customer was judged."""
        return weight_set_label(self.result.weight_set)


def breakdown(customer_id: int, *, staff: Staff, run_id: int | None = None) -> Breakdown | None:
    """The make-up of a customer's index in a run, the published one by default.

    None for a customer out of scope or without a row. A run not yet published is for reviewers: the caller
    asks for the right.
    """
    customer = Customer.objects.visible_to(staff, Permission.RESULT_READ).filter(pk=customer_id).first()
    if customer is None:
        return None
    standing = Standing.objects.select_related("override").filter(pk=customer_id).first()
    wanted = run_id or (standing.run_id if standing else None)
    if wanted is None:
        return None
    run = Run.objects.select_related("scheme", "previous").get(pk=wanted)
    rows = {
        row.run_id: row
        for row in Result.objects.filter(customer_id=customer_id, run_id__in=[run.pk, run.previous_id or 0])
    }
    if run.pk not in rows:
        return None
    result, before = rows[run.pk], rows.get(run.previous_id or 0)
    explained = causes_between(run, result, run.previous, before) if before and run.previous else NOTHING
    current = standing if standing is not None and standing.run_id == run.pk else None
    return Breakdown(
        customer=customer,
        run=run,
        result=result,
        parts=_parts(run, result, explained),
        explained=explained,
        override=current.override if current else None,
        tier=current.tier if current else result.tier,
    )


def history(customer_id: int, *, staff: Staff, limit: int = 12) -> list[tuple[str, float | None, str]]:
    """Score and tier over the published runs, oldest first: (period, score, tier)."""
    seen = Customer.objects.visible_to(staff, Permission.RESULT_READ).filter(pk=customer_id)
    rows = (
        Result.objects.filter(customer__in=seen, run__state=RunState.PUBLISHED)
        .order_by("-run__as_of")
        .values_list("run__period", "score", "tier")[:limit]
    )
    return list(reversed(rows))


def viewable(run: Run) -> bool:
    """Whether everybody with the right to results may see the run: it is or was published."""
    return run.state in VIEWABLE_RUNS


def _parts(run: Run, result: Result, explained: Explained) -> tuple[Part, ...]:
    spec = run.scheme.definition
    peers = {
        peer.indicator: peer
        for peer in RunPeer.objects.filter(
            run=run, business_type=result.business_type, customer_group=result.customer_group
        )
    }
    found = []
    for at, code in enumerate(run.indicators):
        peer = peers.get(code)
        found.append(
            Part(
                code=code,
                name=indicator_label(code),
                definition=str(DEFINITIONS.get(code, "")),
                raw=raw_in_words(code, result.raws[at], spec),
                raw_median=raw_in_words(code, peer.median_raw if peer else None, spec),
                value=result.values[at],
                value_median=peer.median_value if peer else None,
                weight=result.weights[at],
                contribution=result.contributions[at],
                change=explained.points_of(code) if result.score_change is not None else None,
                state=ValueState(result.states[at]),
                peer_count=peer.customer_count if peer else 0,
            )
        )
    return tuple(found)


def tiers_only(customer_ids: Sequence[int]) -> dict[int, str]:
    """The tier and nothing else, for those who greet customers and may see no score (F-2, 9)."""
    return dict(Standing.objects.filter(pk__in=customer_ids).values_list("customer_id", "tier"))
