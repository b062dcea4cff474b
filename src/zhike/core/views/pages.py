"""The list of all pages (the phone's "more") and the gallery of parts."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhike.core import figures
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.lists import Column, ListPage
from zhike.core.ui import Shell

TIERS = {"HIGH": _("High"), "MIDDLE": _("Middle"), "LOW": _("Low"), "NEW": _("New"), "LOST": _("Lost")}


@requires(Permission.WORK_OPEN)
def home(request: HttpRequest) -> HttpResponse:
    """To the first page of one's own navigation."""
    return redirect(Shell(request).home)


@requires(Permission.WORK_OPEN)
def menu(request: HttpRequest) -> HttpResponse:
    return render(request, "core/menu.html")


@requires(Permission.WORK_OPEN)
def gallery(request: HttpRequest) -> HttpResponse:
    """Every part, drawn once with made-up figures."""
    now = timezone.now()
    columns = [
        Column("customer", _("Customer")),
        Column("tier", _("Loyalty"), sort=("tier",)),
        Column("balance", _("Balance"), sort=("balance",), number=True),
        Column("change", _("Against last month"), number=True),
        Column("action", ""),
    ]
    context = {
        "list": ListPage(request, range(312), columns=columns, default="-balance"),
        "filter_form": GalleryFilter(request.GET or None),
        "form": GalleryForm({"when": "2026-11-22", "how": ""}),
        "charts": _charts(),
        "steps": [
            {"label": _("Choose customers"), "note": "46,573", "state": "done"},
            {"label": _("Check data"), "note": "99.1%", "state": "done"},
            {"label": _("Weights and trial run"), "note": "3", "state": "current"},
            {"label": _("Approval"), "note": "", "state": ""},
            {"label": _("Publication"), "note": "", "state": ""},
        ],
        "entries": [
            {"title": _("Approved"), "who": "沈若岚", "at": now, "text": "", "tone": "ok"},
            {
                "title": _("Proposed"),
                "who": "林知远",
                "at": now - timedelta(hours=3),
                "text": "2.0 → 2.5",
                "tone": "",
            },
            {
                "title": _("Rejected"),
                "who": "周以宁",
                "at": now - timedelta(days=2),
                "text": "",
                "tone": "danger",
            },
        ],
        "tabs": [
            {"label": _("Overview"), "url": request.path, "is_current": True, "count": None},
            {"label": _("Holdings"), "url": request.path, "is_current": False, "count": 7},
        ],
        "swatches": ("primary", "danger", "warn", "ok", "gold", "up", "down", "ink", "ink-2", "ink-3"),
        "now": now,
    }
    return render(request, "core/gallery.html", context)


class GalleryFilter(forms.Form):
    """A filter to look at."""

    q = forms.CharField(
        label=_("Customer"), required=False, widget=forms.TextInput(attrs={"data-shortcut": "/"})
    )
    tier = forms.ChoiceField(
        label=_("Loyalty"), required=False, choices=[("", _("All")), *list(TIERS.items())[:3]],
        widget=forms.Select(attrs={"data-apply": True}),
    )  # fmt: skip


class GalleryForm(forms.Form):
    """A refused form to look at."""

    how = forms.ChoiceField(label=_("How"), choices=[("", "--"), ("VISIT", _("Visit"))])
    when = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    why = forms.CharField(label=_("Reason"), required=False, help_text=_("It stands on the record."))
    notify = forms.BooleanField(label=_("Tell the unit head"), required=False)

    def clean_when(self) -> None:
        raise forms.ValidationError(_("The day must not lie in the past."))


def _charts() -> dict[str, figures.Chart]:
    words = {code: str(word) for code, word in TIERS.items()}
    counts = [
        38,
        96,
        214,
        402,
        688,
        1054,
        1562,
        2180,
        2816,
        3389,
        4268,
        5104,
        5486,
        5012,
        4392,
        3604,
        2786,
        1894,
        1142,
        446,
    ]
    previous = [
        30,
        84,
        200,
        380,
        660,
        1030,
        1560,
        2230,
        2900,
        3329,
        4360,
        5250,
        5640,
        5100,
        4480,
        3540,
        2670,
        1800,
        1110,
        440,
    ]
    months = [f"2026-{month:02d}" for month in range(1, 13)]
    moves = [
        figures.Move("HIGH", "HIGH", 8214, "same"), figures.Move("HIGH", "MIDDLE", 1102, "down"),
        figures.Move("HIGH", "LOW", 148, "down"), figures.Move("HIGH", "LOST", 96, "lost"),
        figures.Move("MIDDLE", "HIGH", 1463, "up"), figures.Move("MIDDLE", "MIDDLE", 20612, "same"),
        figures.Move("MIDDLE", "LOW", 2210, "down"), figures.Move("MIDDLE", "LOST", 545, "lost"),
        figures.Move("LOW", "MIDDLE", 1846, "up"), figures.Move("LOW", "LOW", 9493, "same"),
        figures.Move("LOW", "LOST", 1002, "lost"), figures.Move("NEW", "MIDDLE", 702, "new"),
        figures.Move("NEW", "LOW", 588, "new"),
    ]  # fmt: skip
    return {
        "distribution": figures.histogram(
            label=str(_("Most customers score between 60 and 65")), edges=list(range(0, 101, 5)), counts=counts,
            tiers=["LOW"] * 9 + ["MIDDLE"] * 5 + ["HIGH"] * 6, thresholds=[45, 70], axis=str(_("Loyalty index")),
            previous=previous,
        ),
        "moves": figures.flow(
            label=str(_("More customers fell than rose")), tiers=words,
            before={"HIGH": 9560, "MIDDLE": 24830, "LOW": 12403, "NEW": 1290},
            after={"HIGH": 9677, "MIDDLE": 24262, "LOW": 12439, "LOST": 1643}, moves=moves,
        ),
        "balances": figures.lines(
            label=str(_("Balances rose over the year")), periods=months, stacked=True,
            series={
                str(_("Deposits")): [168, 169, 171, 170, 172, 171, 172, 170, 171, 172, 171, 172],
                str(_("Wealth products")): [30, 30, 32, 32, 33, 33, 34, 34, 34, 35, 35, 35],
                str(_("Funds")): [40, 42, 41, 46, 48, 50, 52, 54, 55, 52, 52, 57],
            },
        ),
        "outlets": figures.bars(
            label=str(_("One outlet is far ahead")), heading=str(_("Outlet")),
            values={"滨江支行": 212, "城西支行": 168, "古墩路支行": 91, "湖滨支行": 87}, mean=139,
        ),
        "causes": figures.waterfall(
            label=str(_("The complaint cost most")),
            steps=[
                figures.Step(str(_("Previous period")), 76.5, True), figures.Step(str(_("Complaint rate")), -12.0),
                figures.Step(str(_("Satisfaction")), -8.2), figures.Step(str(_("Repeat purchase")), 2.0),
                figures.Step(str(_("This period")), 58.3, True),
            ],
        ),
    }  # fmt: skip
