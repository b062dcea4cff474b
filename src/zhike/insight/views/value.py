"""What customers are worth and how they stand, on screen: models, keeping, RFM, cohorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhike.analytics import keeping as analytics
from zhike.analytics.habits import ALL, Habit
from zhike.core import parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.models import JobState
from zhike.core.ui import answer, say
from zhike.facts import api as facts
from zhike.insight.enums import Standing
from zhike.insight.forms.value import ValueFilter
from zhike.insight.models import ValueStudy
from zhike.insight.operations import value_studies as making
from zhike.insight.queries import reach, value_figures, value_models, value_studies
from zhike.insight.queries.reach import Reach
from zhike.insight.views.panels import VALUE_SECTIONS, sections

Fill = Callable[[ValueStudy, Reach], dict[str, Any]]


@requires(Permission.SEGMENT_READ)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """Which models were fitted, how they did on the hold-out, and what must be said beside their figures."""
    least = int(parameters.value("analytics.min_cell", on=timezone.localdate()))

    def fill(study: ValueStudy, mine: Reach) -> dict[str, Any]:
        habit = Habit(ValueFilter(request.GET, types=[], has_habit=True).chosen("habit"))
        # The models rest on the whole bank: who does not see all of it sees no small class of it.
        sees_all = not mine.least and mine.outlets is None
        types = value_models.types_of(study, habit)[: None if sees_all else 1]
        form = ValueFilter(request.GET, types=types, has_habit=True)
        return {
            "filter": form,
            "habit_label": value_models.HABITS[habit],
            "found": value_models.model_page(
                study, habit, form.chosen("business_type"), least=1 if sees_all else least
            ),
            "lives": value_models.lives(study),
            "lives_chart": value_models.lives_chart(study),
            "rules": study.rules["habits"][habit],
            "margin": study.rules["habits"][habit]["margin_share"],
        }

    return _page(request, "insight/value.html", fill)


@requires(Permission.SEGMENT_READ)
@require_GET
def keeping(request: HttpRequest) -> HttpResponse:
    """Retention and churn by kind, ties, share of wallet, and the bands of assets with who moved."""

    def fill(study: ValueStudy, mine: Reach) -> dict[str, Any]:
        rules = value_figures.rules_of(study)
        with value_figures.opened(study, mine) as duck:
            figures = analytics.read_figures(duck, rules)
            bands = range(1, len(rules.bands_cents) + 1)
            return {
                "states": [Standing(state).label for state in value_figures.STATES],
                "standings": value_figures.standings(figures, mine.least),
                "ties": value_figures.tie_rows(figures, mine.least),
                "churn_chart": value_figures.churn_chart(duck, study, mine.least),
                "bands": value_figures.band_rows(duck, rules.bands_cents, mine.least),
                "band_labels": [value_figures.band_label(rules.bands_cents, band) for band in bands],
                "rules": rules,
                "sleeping_below": rules.sleeping_below_cents,
            }

    return _page(request, "insight/value_keeping.html", fill)


@requires(Permission.SEGMENT_READ)
@require_GET
def rfm(request: HttpRequest) -> HttpResponse:
    """The eight cells of RFM, each leading to a segment of its customers."""

    def fill(study: ValueStudy, mine: Reach) -> dict[str, Any]:
        form = ValueFilter(request.GET, types=_types(mine))
        with value_figures.opened(study, mine) as duck:
            found = value_figures.cells(duck, form.chosen("business_type"), mine.least)
        return {
            "filter": form,
            "rows": [(_("Important: much money"), found[:4]), (_("General: less money"), found[4:])],
            "has_cells": any(each.count != 0 for each in found),
            "may_draft": request.user.may(Permission.SEGMENT_DRAFT),
            "type_asked": "" if form.chosen("business_type") == ALL else form.chosen("business_type"),
        }

    return _page(request, "insight/value_rfm.html", fill)


@requires(Permission.SEGMENT_READ)
@require_GET
def cohorts(request: HttpRequest) -> HttpResponse:
    """Who came in a year, and how many of them are still here after each year."""

    def fill(study: ValueStudy, mine: Reach) -> dict[str, Any]:
        form = ValueFilter(request.GET, types=_types(mine))
        with value_figures.opened(study, mine) as duck:
            rows = value_figures.cohort_rows(duck, study, form.chosen("business_type"), mine.least)
        return {
            "filter": form,
            "cohorts": rows,
            "years": range(1, max((len(row.cells) for row in rows), default=0) + 1),
        }

    return _page(request, "insight/value_cohorts.html", fill)


@requires(Permission.RUN_START)
@require_POST
def study_ask(request: HttpRequest) -> HttpResponse:
    """Have value studied now."""
    run = making.ask_study(now=timezone.now(), asked_by=request.user.name)
    if run is None:
        say(request, _("No facts have been loaded yet."))
    elif run.state == JobState.DONE:
        say(request, _("The study is of the newest facts and rules already."))
    else:
        say(request, _("Value is being studied."))
    return redirect("insight:value")


def _types(mine: Reach) -> list[str]:
    """The business types to choose from; for totals only all of them, or their difference would tell of a few."""
    return [ALL] if mine.least else [ALL, *value_models.BUSINESS_TYPES]


def _page(request: HttpRequest, template: str, fill: Fill) -> HttpResponse:
    """A page of value: the study there is, or why there is none, and what is under way."""
    person = request.user
    mine = reach.reach_of(person, on=timezone.localdate())
    study, run = value_studies.current(), value_studies.course()
    is_shown = study is not None and not mine.is_nobody and facts.full_path(study.path).exists()
    is_under_way = value_studies.is_under_way(run)
    if request.htmx and not is_under_way:  # type: ignore[attr-defined]
        response = HttpResponse(headers={"HX-Refresh": "true"})  # what was waited for is there
        response["Vary"] = "HX-Request, Cookie"
        return response
    context: dict[str, Any] = {
        "study": study,
        "is_nobody": mine.is_nobody,
        "is_limited": mine.outlets is not None,
        "hides": bool(mine.least),
        "is_shown": is_shown,
        "is_under_way": is_under_way,
        "is_failed": run is not None and run.state == JobState.FAILED,
        "is_outdated": not is_under_way and value_studies.is_outdated(study),
        "run": run,
        "may_ask": person.may(Permission.RUN_START) and not is_under_way,
        "sections": sections(request, VALUE_SECTIONS),
    }
    if study is not None and is_shown and not request.htmx:  # type: ignore[attr-defined]
        context |= fill(study, mine)
    return answer(request, template, context, fragment="insight/_value_progress.html")
