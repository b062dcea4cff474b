"""Segments on screen: the list, one segment, and what is done with it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage, understood
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.insight.enums import SegmentScope, SegmentState, VersionState
from zhike.insight.forms.segments import CompareForm, SegmentFilter, SubmitForm
from zhike.insight.models import Segment
from zhike.insight.operations import portraits as making
from zhike.insight.operations import segments
from zhike.insight.queries import field_words, history, memberships, places, portraits, reach, rule_words
from zhike.insight.views.counts import count_context
from zhike.insight.views.panels import sections
from zhike.staff.models import Staff

COLUMNS = [
    Column("name", gettext_lazy("Segment"), sort=("name",)),
    Column("scope", gettext_lazy("Whose"), sort=("scope", "unit__name")),
    Column("dimensions", gettext_lazy("Dimensions")),
    Column("members", gettext_lazy("Customers"), number=True),
    Column("as_of", gettext_lazy("As of")),
    Column("state", gettext_lazy("State"), sort=("state",)),
    Column("owner", gettext_lazy("Owner")),
]
TONES = {SegmentState.DRAFT: "", SegmentState.IN_FORCE: "good", SegmentState.RETIRED: "muted"}


@requires(Permission.SEGMENT_READ)
@require_GET
def segment_list(request: HttpRequest) -> HttpResponse:
    form = SegmentFilter(request.GET)
    chosen = understood(form)
    rows = reach.visible(request.user)
    for name in ("scope", "state"):
        if chosen.get(name):
            rows = rows.filter(**{name: chosen[name]})
    if not chosen.get("state"):
        rows = rows.exclude(state=SegmentState.RETIRED)
    if chosen.get("dimension"):
        rows = rows.filter(dimensions__contains=[chosen["dimension"]])
    if chosen.get("q"):
        rows = rows.filter(name__icontains=chosen["q"])
    page = ListPage(request, rows.distinct(), columns=COLUMNS, default="name")
    mine = reach.reach_of(request.user, on=timezone.localdate())
    sizes = history.latest(list(page.page), mine)
    context = {
        "list": page,
        "filter": form,
        "is_filtered": any(form[name].value() for name in form.fields),
        "rows": [_row(segment, sizes.get(segment.pk)) for segment in page.page],
        "may_draft": request.user.may(Permission.SEGMENT_DRAFT),
        "portrait": portraits.current(),
        "sections": sections(request),
    }
    return answer(request, "insight/segment_list.html", context, fragment="insight/_segments.html")


@requires(Permission.SEGMENT_READ)
@require_GET
def segment(request: HttpRequest, pk: int) -> HttpResponse:
    """One segment: its rule in words, who is in it in numbers, and how that went on."""
    return answer(request, "insight/segment.html", _context(request, _found(request, pk)))


@requires(Permission.SEGMENT_DRAFT)
@require_POST
def segment_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring the edited rule in force, or, for the whole bank, put it before another person."""
    found = _found(request, pk)
    form = SubmitForm(request.POST)
    form.fields["reason"].required = found.scope == SegmentScope.BANK
    now = timezone.now()
    if form.is_valid():
        work = partial(
            segments.bring_in_force,
            segment_id=pk,
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=now,
        )
        try:
            made = once(work, sent=request.POST, to=request.path, by=request.user, now=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            if made is not None and made.state == VersionState.PENDING:
                say(request, _("Submitted. The CRM department decides."))
            elif made is not None:
                say(request, _("In force. Who is in it is being recorded."))
            return redirect("insight:segment", pk)
    return answer(request, "insight/segment.html", _context(request, found, submit=form), form=form)


@requires(Permission.SEGMENT_DRAFT)
@require_POST
def segment_retire(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    try:
        segments.retire_segment(segment_id=pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        say(request, str(refusal))
    else:
        undo = reverse("insight:segment_restore", args=[pk])
        say(request, _("Retired: %(name)s.") % {"name": found.name}, undo=undo)
    return redirect("insight:segment", pk)


@requires(Permission.SEGMENT_DRAFT)
@require_POST
def segment_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a retirement back."""
    found = _found(request, pk)
    try:
        segments.restore_segment(segment_id=pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        say(request, str(refusal))
    else:
        say(request, _("Taken back: %(name)s is not retired any more.") % {"name": found.name})
    return redirect("insight:segment", pk)


@requires(Permission.SEGMENT_DRAFT)
@require_POST
def segment_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A personal segment with the same rule, to be changed freely."""
    found, now = _found(request, pk), timezone.now()
    work = partial(segments.copy_segment, segment=found, by=request.user, now=now)
    try:
        made = once(work, sent=request.POST, to=request.path, by=request.user, now=now)
    except DomainError as refusal:
        say(request, str(refusal))
        return redirect("insight:segment", pk)
    return redirect("insight:segment_edit", made.pk) if made else redirect("insight:segments")


@requires(Permission.SEGMENT_READ)
@require_GET
def portrait_fields(request: HttpRequest) -> HttpResponse:
    """What is known of every customer: each field with its meaning, where it comes from, and of which day (L-10)."""
    portrait = portraits.current()
    context = {
        "portrait": portrait,
        "is_outdated": portraits.is_outdated(portrait),
        "groups": field_words.explained(portrait),
        "origins": field_words.origins(portrait),
        "may_ask": request.user.may(Permission.SEGMENT_DRAFT),
        "sections": sections(request),
    }
    return answer(request, "insight/fields.html", context)


@requires(Permission.SEGMENT_DRAFT)
@require_POST
def portrait_ask(request: HttpRequest) -> HttpResponse:
    """Have the portrait made now."""
    run = making.ask_portrait(now=timezone.now())
    say(request, _("The portrait is being made.") if run else _("No facts have been loaded yet."))
    return redirect("insight:fields")


def _found(request: HttpRequest, pk: int) -> Segment:
    return get_object_or_404(reach.visible(request.user).distinct(), pk=pk)


def _row(segment: Segment, size: history.Recorded | None) -> dict[str, Any]:
    return {
        "segment": segment,
        "tone": TONES[SegmentState(segment.state)],
        "dimensions": [field_words.dimension_label(code) for code in segment.dimensions],
        "size": size,
    }


def _context(request: HttpRequest, found: Segment, *, submit: forms.Form | None = None) -> dict[str, Any]:
    person = request.user
    versions = list(found.versions.select_related("made_by").order_by("-number"))
    ruling = next((each for each in versions if each.state == VersionState.IN_FORCE), None)
    edited = next(
        (each for each in versions if each.state in {VersionState.DRAFT, VersionState.PENDING}), None
    )
    shown = ruling or versions[0]
    mine = reach.reach_of(person, on=timezone.localdate())
    recordings = history.history(found, mine)
    compare = CompareForm(request.GET or None, days=[each.as_of for each in recordings])
    may_change = reach.may_change(person, found)
    return {
        "segment": found,
        "tone": TONES[SegmentState(found.state)],
        "rule": shown.definition,
        "rule_join": rule_words.join_in_words(shown.definition),
        "rule_lines": rule_words.in_lines(shown.definition),
        "shown": shown,
        "edited": edited if edited is not ruling and edited is not shown else None,
        "edited_words": rule_words.in_words(edited.definition) if edited else "",
        "waits": edited is not None and edited.state == VersionState.PENDING,
        "may_bring": may_change and edited is not None and edited.state == VersionState.DRAFT
        and found.state != SegmentState.RETIRED,
        "versions": [(each, rule_words.in_words(each.definition)) for each in versions],
        "dimensions": [field_words.dimension_label(code) for code in found.dimensions],
        "recordings": list(reversed(recordings)),
        "size_chart": history.size_chart(found.name, recordings),
        "compare": compare,
        "between": memberships.between(found, *compare.span) if compare.span and not mine.least else None,
        "may_compare": len(recordings) > 1 and not mine.least,
        "may_change": may_change,
        "may_copy": person.may(Permission.SEGMENT_DRAFT),
        "list_url": places.list_address(found) if _may_list(person, found) else "",
        "submit": submit or SubmitForm(),
        "needs_approval": found.scope == SegmentScope.BANK,
        "sections": sections(request),
        **count_context(shown.definition, person, outlets=reach.outlets_of(found)),
    }  # fmt: skip


def _may_list(person: Staff, found: Segment) -> bool:
    """Whether the customers may be listed: by who reads customers, once they have been recorded."""
    return person.may(Permission.CUSTOMER_READ) and memberships.offered(person).filter(pk=found.pk).exists()
