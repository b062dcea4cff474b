"""What-ifs on screen: other numbers tried on a computed run, kept side by side, taken into a draft (L-38, L-42)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.analytics import weighing
from zhike.analytics import what_if as analytics
from zhike.analytics.evaluate import SchemeNotUsable
from zhike.analytics.scheme import SchemeSpec, from_dict
from zhike.analytics.scheme_problems import problems
from zhike.analytics.what_if import Part
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.numbers import whole_number
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.forms.weighing import ComparisonForm
from zhike.loyalty.forms.what_if import WhatIfForm
from zhike.loyalty.models import Run, Scheme, WhatIf
from zhike.loyalty.operations import what_ifs
from zhike.loyalty.queries import charts
from zhike.loyalty.queries import what_ifs as words
from zhike.loyalty.queries.run_states import viewable_runs
from zhike.loyalty.queries.sentences import WARNINGS, problem_in_words

PROBLEMS = "loyalty/_what_if_problems.html"
WHOLE_PERCENT = 100
"""Basis points: weights that come from comparisons are whole per cents."""
SIDE_BY_SIDE = 4
"""Kept what-ifs compared at a time: more columns nobody reads."""


@dataclass(frozen=True)
class Board:
    """A run to play on, with the numbers it begins from: its own, those of a draft, or of a kept what-if."""

    run: Run
    draft: Scheme | None
    kept: WhatIf | None

    @cached_property
    def spec(self) -> SchemeSpec:
        if self.kept:
            return self.kept.definition
        return self.draft.definition if self.draft else self.run.scheme.definition

    @property
    def address(self) -> str:
        """Of this page, with what it began from."""
        query = f"?draft={self.draft.pk}" if self.draft else ""
        return reverse("loyalty:what_if", args=[self.run.pk]) + query

    def form(self, data: Any = None) -> WhatIfForm:
        parts = what_ifs.parts_of(self.run, self.spec)
        return WhatIfForm(data, spec=self.spec, ruling=self.run.scheme.definition, parts=parts)

    def comparison(self, data: Any = None) -> ComparisonForm:
        return ComparisonForm(data, spec=self.spec, codes=[use.code for use in self.spec.indicators])


@requires(Permission.SCHEME_DRAFT)
@require_http_methods(["GET", "POST"])
def what_if(request: HttpRequest, pk: int) -> HttpResponse:
    """The board: numbers on the left, what they would do on the right; only that part when htmx asks."""
    board = _board(request, pk)
    return _closed(request, board) or _show(request, board, board.form(request.POST or None))


@requires(Permission.SCHEME_DRAFT)
@require_POST
def what_if_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the numbers on the board under a name."""
    board = _board(request, pk)
    if closed := _closed(request, board):
        return closed
    form = board.form(request.POST)
    name = request.POST.get("name", "")[:80]
    if not form.is_valid():
        return _show(request, board, form)

    def keep() -> WhatIf:
        return what_ifs.keep_what_if(
            run_id=pk, name=name, spec=form.to_spec(), by=request.user, now=timezone.now()
        )

    try:
        kept = once(keep, sent=request.POST, to=request.path, by=request.user, now=timezone.now())
    except SchemeNotUsable:
        return _show(request, board, form)  # which says what is wrong with the numbers
    except DomainError as refusal:
        return _show(request, board, form, refusal=str(refusal))
    if kept:
        say(request, _("Kept as no. %(number)s: %(name)s.") % {"number": kept.number, "name": kept.name})
        return redirect(f"{reverse('loyalty:what_if', args=[pk])}?kept={kept.pk}#what-if-kept")
    return redirect(board.address)


@requires(Permission.SCHEME_DRAFT)
@require_POST
def what_if_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the numbers on the board into the draft they came from, or into a new version of the run's scheme."""
    board = _board(request, pk)
    if closed := _closed(request, board):
        return closed
    form = board.form(request.POST)
    if not form.is_valid():
        return _show(request, board, form)
    now = timezone.now()

    def take() -> Scheme:
        spec = form.to_spec()
        if board.draft is None:
            return what_ifs.draft_from_what_if(run_id=pk, spec=spec, by=request.user, now=now)
        version = whole_number(request.POST.get("version", ""))
        return what_ifs.take_into_draft(
            scheme_id=board.draft.pk,
            version=-1 if version is None else version,
            spec=spec,
            by=request.user,
            now=now,
        )

    try:
        draft = once(take, sent=request.POST, to=request.path, by=request.user, now=now)
    except DomainError as refusal:
        return _show(request, board, form, refusal=str(refusal))
    if draft is None:
        return redirect("loyalty:schemes")
    say(request, _("The numbers stand in the draft; nothing is in force before it is approved."))
    return redirect("loyalty:scheme", draft.pk)


@requires(Permission.SCHEME_DRAFT)
@require_POST
def what_if_weigh(request: HttpRequest, pk: int) -> HttpResponse:
    """Put weights onto the board that come from comparisons in pairs, or say which come from entropy."""
    board = _board(request, pk)
    if closed := _closed(request, board):
        return closed
    form = board.form(request.POST)
    comparison = board.comparison(request.POST)
    if not form.is_valid() or not comparison.is_valid():
        return _show(request, board, form, comparison=comparison)
    code = comparison.cleaned_data["compared_set"]
    try:
        if "entropy" in request.POST:
            shares = what_ifs.entropy_weights(board.run, from_dict(form.to_spec()), weight_set=code)
            return _show(request, board, form, comparison=comparison, weighed=words.told_apart(code, shares))
        found = weighing.compare_pairs(comparison.codes, comparison.times())
    except SchemeNotUsable:
        return _show(request, board, form, comparison=comparison)  # which says what is wrong with the numbers
    if found.is_consistent:
        form = board.form(form.with_weights(code, weighing.as_weights(found.shares, step=WHOLE_PERCENT)))
        form.is_valid()
    return _show(request, board, form, comparison=comparison, weighed=words.compared(code, found))


@requires(Permission.SCHEME_DRAFT)
@require_POST
def what_if_delete(request: HttpRequest, pk: int) -> HttpResponse:
    kept = get_object_or_404(WhatIf, pk=pk, kept_by=request.user)
    what_ifs.delete_what_if(what_if_id=pk, by=request.user, now=timezone.now())
    say(request, _("Deleted: %(name)s.") % {"name": kept.name})
    return redirect("loyalty:what_if", kept.run_id)


def _board(request: HttpRequest, pk: int) -> Board:
    """What an address names; an unknown draft or kept what-if is no page."""
    run = get_object_or_404(viewable_runs(request.user).select_related("scheme", "previous"), pk=pk)
    draft = kept = None
    if "draft" in request.GET:
        drafts = Scheme.objects.filter(state=SchemeState.DRAFT)
        draft = get_object_or_404(drafts, pk=_number(request, "draft"))
    if "kept" in request.GET:
        kept = get_object_or_404(WhatIf, pk=_number(request, "kept"), run=run)
    return Board(run, draft, kept)


def _closed(request: HttpRequest, board: Board) -> HttpResponse | None:
    """The page that says why nothing can be played here: no kept rows, or numbers that change what is read."""
    if refusal := what_ifs.playable_refusal(board.run):
        return answer(request, "loyalty/what_if.html", {"board": board, "refusal": refusal})
    if obstacles := analytics.obstacles(board.run.scheme.definition, board.spec):
        found = [words.obstacle_in_words(each) for each in obstacles]
        return answer(request, "loyalty/what_if.html", {"board": board, "obstacles": found})
    return None


def _number(request: HttpRequest, name: str) -> int:
    found = whole_number(request.GET.get(name, ""))
    if found is None:
        raise Http404
    return found


def _show(
    request: HttpRequest, board: Board, form: WhatIfForm, *, refusal: str = "",
    comparison: ComparisonForm | None = None, weighed: words.Weighed | None = None,
) -> HttpResponse:  # fmt: skip
    run = board.run
    context: dict[str, Any] = {
        "board": board,
        "run": run,
        "comparison": comparison or board.comparison(),
        "weighed": weighed,
        "refused": refusal,
        "problems": [],
        "kept_list": list(run.what_ifs.select_related("kept_by").order_by("-number")),
        **_compared(request, run),
    }
    refused = form.errors or refusal
    if not refused:
        spec = from_dict(form.to_spec()) if form.is_bound else board.spec
        found = list(problems(spec))
        context["problems"] = [problem_in_words(each) for each in found if each.is_blocking]
        if not context["problems"]:
            context |= _outcome(request, run, spec, form.part)
            context["notes"] = [problem_in_words(each) for each in found]
    if refused or context["problems"]:
        return _kept_beside(answer(request, "loyalty/what_if.html", context, form=form, fragment=PROBLEMS))
    return answer(request, "loyalty/what_if.html", context, form=form, fragment="loyalty/_what_if.html")


def _kept_beside(response: HttpResponse) -> HttpResponse:
    """Let the last figures stand, dimmed, while numbers are on their way to something that can be computed."""
    response["HX-Retarget"], response["HX-Reswap"] = "#what-if-problems", "outerHTML"
    return response


def _outcome(request: HttpRequest, run: Run, spec: SchemeSpec, part: Part) -> dict[str, Any]:
    """What the numbers would do."""
    parts = what_ifs.parts_of(run, spec)
    part = part if part in parts else parts[0]
    outlook = what_ifs.play(run, spec, part=part)
    figures = outlook.figures
    return {
        "figures": figures,
        "is_as_evaluated": spec.sha256 == run.scheme.definition.sha256,
        "tiers": words.tier_figures(figures, run),
        "moved": words.moved(figures),
        "part_rows": words.part_rows(part, outlook.parts),
        "mover_rows": words.mover_rows(outlook.movers, request.user),
        "distribution": charts.distribution(
            figures.bins, figures.bin_points, spec, previous=run.summary["bins"], sides=words.sides(run)
        ),
        "movement": words.movement(figures, run),
        "warnings": [WARNINGS[code] for code in figures.warnings if code in WARNINGS],
    }


def _compared(request: HttpRequest, run: Run) -> dict[str, Any]:
    asked = [number for value in request.GET.getlist("with") if (number := whole_number(value)) is not None]
    chosen = list(run.what_ifs.filter(pk__in=asked).order_by("number")[:SIDE_BY_SIDE])
    if not chosen:
        return {"compared": None, "chosen": set()}
    heads, columns = words.side_by_side(run, chosen)
    rows = list(zip(heads, *(column.cells for column in columns), strict=True))
    return {"compared": {"columns": columns, "rows": rows}, "chosen": {each.pk for each in chosen}}
