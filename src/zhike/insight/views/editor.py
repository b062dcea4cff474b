"""Writing a segment: its rule part by part, counted meanwhile; nothing is saved before it is asked for."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.analytics.rules import Ask, Condition, Group
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.numbers import whole_number
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.customers.enums import BusinessType
from zhike.insight.enums import RfmCell, SegmentScope, SegmentState, VersionState
from zhike.insight.forms import rules as rule_form
from zhike.insight.forms.segments import SegmentForm
from zhike.insight.models import Segment
from zhike.insight.operations import segments
from zhike.insight.operations.segments import Content
from zhike.insight.queries import field_words, portraits, reach, rule_words
from zhike.insight.views.counts import count_context
from zhike.insight.views.panels import sections

SAVE = "save"


@requires(Permission.SEGMENT_DRAFT)
@require_http_methods(["GET", "POST"])
def segment_new(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _editor(request, SegmentForm(person=request.user, is_new=True), _shown(_begun(request)))
    form, rule = SegmentForm(request.POST, person=request.user, is_new=True), _entered(request)
    if request.POST.get(rule_form.DO) != SAVE:
        return _editor(request, _unjudged(form), rule)
    now = timezone.now()
    if form.is_valid():
        draft = partial(segments.draft_segment, content=_content(form, rule.rule), by=request.user, now=now)
        try:
            made = once(draft, sent=request.POST, to=request.path, by=request.user, now=now)
        except segments.SegmentRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            if made is None:
                return redirect("insight:segments")
            say(request, _("Saved as a draft: %(name)s.") % {"name": made.name})
            return redirect("insight:segment", made.pk)
    return _editor(request, form, rule)


@requires(Permission.SEGMENT_DRAFT)
@require_http_methods(["GET", "POST"])
def segment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(reach.visible(request.user).distinct(), pk=pk)
    latest = found.versions.order_by("-number")[0]
    is_open = found.state != SegmentState.RETIRED and latest.state != VersionState.PENDING
    if not reach.may_change(request.user, found) or not is_open:
        say(request, _("This segment is not open to your changes. Copy it to have one of your own."))
        return redirect("insight:segment", pk)
    if request.method != "POST":
        start = {"name": found.name, "about": found.about, "measures": "\n".join(found.measures)}
        form = SegmentForm(initial=start, person=request.user, is_new=False)
        return _editor(request, form, _shown(latest.definition), segment=found, version=found.version)
    version = whole_number(request.POST.get("version", ""))
    form, rule = SegmentForm(request.POST, person=request.user, is_new=False), _entered(request)
    if request.POST.get(rule_form.DO) != SAVE:
        return _editor(request, _unjudged(form), rule, segment=found, version=version)
    if form.is_valid():
        try:
            segments.change_segment(
                segment_id=pk, version=-1 if version is None else version, content=_content(form, rule.rule),
                by=request.user, now=timezone.now(),
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Saved: %(name)s.") % {"name": form.cleaned_data["name"]})
            return redirect("insight:segment", pk)
    return _editor(request, form, rule, segment=found, version=version)


@requires(Permission.SEGMENT_DRAFT)
@require_POST
def segment_count(request: HttpRequest) -> HttpResponse:
    """Count what is entered so far: a part of the editor, asked for while somebody types."""
    rule = _entered(request)
    context = _counted(request, rule, request.POST.get("scope", ""), request.POST.get("unit", ""))
    return answer(request, "insight/_count.html", context)


def _begun(request: HttpRequest) -> Group:
    """What a new segment begins with: nothing, or a cell of RFM that another page led from."""
    cell, business_type = request.GET.get("cell"), request.GET.get("business_type")
    if cell not in RfmCell.values:
        return Group()
    parts = [Condition("RFM_CELL", Ask.IN, values=(cell,))]
    if business_type in BusinessType.values:
        parts.append(Condition("BUSINESS_TYPE", Ask.IN, values=(business_type,)))
    return Group(parts=tuple(parts))


def _entered(request: HttpRequest) -> rule_form.EnteredRule:
    return rule_form.entered(request.POST, words=_words())


def _shown(rule: Group) -> rule_form.EnteredRule:
    return rule_form.shown(rule, words=_words())


def _words() -> dict[str, list[str]]:
    portrait = portraits.current()
    return dict(portrait.words) if portrait else {}


def _unjudged(form: SegmentForm) -> SegmentForm:
    """What was typed so far, without errors: nobody has asked for it to be saved."""
    typed = {name: form.data.get(name, "") for name in form.fields}
    return SegmentForm(initial=typed, person=form.person, is_new=form.is_new)


def _content(form: SegmentForm, rule: Group) -> Content:
    said = form.cleaned_data
    unit = whole_number(said.get("unit") or "")
    scope = SegmentScope(said.get("scope") or SegmentScope.PERSONAL)
    return Content(said["name"], rule, scope, unit, said["about"], said["measures"])


def _counted(request: HttpRequest, rule: rule_form.EnteredRule, scope: str, unit: str) -> dict[str, Any]:
    """The count of the rule, of the branch or outlet that is chosen."""
    outlets = None
    number = whole_number(unit)
    if scope in {SegmentScope.BRANCH, SegmentScope.OUTLET} and number is not None:
        chosen = reach.units_offered(request.user, SegmentScope(scope)).filter(pk=number).first()
        outlets = frozenset(chosen.and_below()) if chosen else None
    context = count_context(rule.rule, request.user, outlets=outlets)
    return {**context, "rule_words": rule_words.in_words(rule.rule), "is_empty": not rule.rule.parts}


def _editor(
    request: HttpRequest, form: SegmentForm, rule: rule_form.EnteredRule, *, segment: Segment | None = None,
    version: int | None = None,
) -> HttpResponse:  # fmt: skip
    saving = request.method == "POST" and request.POST.get(rule_form.DO) == SAVE
    scope, unit = (segment.scope, str(segment.unit_id or "")) if segment else (
        str(form["scope"].value() or ""), str(form["unit"].value() or "") if "unit" in form.fields else ""
    )  # fmt: skip
    context = {
        "segment": segment,
        "version": version,
        "segment_form": form,
        "entered": rule,
        "shows_problems": bool(request.POST),
        "offered": field_words.offered(),
        "sections": sections(request),
        **_counted(request, rule, scope, unit),
    }
    return answer(
        request,
        "insight/segment_edit.html",
        context,
        form=form if saving else None,
        fragment="insight/_editor.html",
    )
