"""Every part of the pages, drawn once with made-up figures."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhike.core import figures
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.forms import date_input
from zhike.core.lists import Column, ListPage

TIERS = {"HIGH": _("High"), "MIDDLE": _("Middle"), "LOW": _("Low"), "NEW": _("New"), "LOST": _("Lost")}
COUNTS = [134, 616, 1742, 3742, 6205, 9372, 10498, 7996, 4680, 1588]
PREVIOUS = [114, 580, 1690, 3790, 6229, 9610, 10740, 8020, 4480, 1550]
MOVES = [
    figures.Move(*row)
    for row in [
        ("HIGH", "HIGH", 8214, "same"), ("HIGH", "MIDDLE", 1102, "down"), ("HIGH", "LOW", 148, "down"),
        ("HIGH", "LOST", 96, "lost"), ("MIDDLE", "HIGH", 1463, "up"), ("MIDDLE", "MIDDLE", 20612, "same"),
        ("MIDDLE", "LOW", 2210, "down"), ("MIDDLE", "LOST", 545, "lost"), ("LOW", "MIDDLE", 1846, "up"),
        ("LOW", "LOW", 9493, "same"), ("LOW", "LOST", 1002, "lost"), ("NEW", "MIDDLE", 702, "new"),
        ("NEW", "LOW", 588, "new"),
    ]
]  # fmt: skip


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
    when = forms.DateField(label=_("Day"), widget=date_input())
    why = forms.CharField(label=_("Reason"), required=False, help_text=_("It stands on the record."))
    notify = forms.BooleanField(label=_("Tell the unit head"), required=False)

    def clean_when(self) -> None:
        raise forms.ValidationError(_("The day must not lie in the past."))


def _charts() -> dict[str, figures.Chart]:
    return {
        "distribution": figures.histogram(
            label=str(_("Most customers score between 60 and 70")), edges=list(range(0, 101, 10)),
            counts=COUNTS, previous=PREVIOUS, tiers=["LOW"] * 4 + ["MIDDLE"] * 3 + ["HIGH"] * 3,
            thresholds=[40, 70], axis=str(_("Loyalty index")),
        ),
        "moves": figures.flow(
            label=str(_("More customers fell than rose")),
            tiers={code: str(word) for code, word in TIERS.items()},
            before={"HIGH": 9560, "MIDDLE": 24830, "LOW": 12403, "NEW": 1290},
            after={"HIGH": 9677, "MIDDLE": 24262, "LOW": 12439, "LOST": 1643}, moves=MOVES,
        ),
        "balances": figures.lines(
            label=str(_("Balances rose over the year")), stacked=True,
            periods=[f"2026-{month:02d}" for month in range(1, 13)],
            series={
                str(_("Deposits")): [168, 169, 171, 170, 172, 171, 172, 170, 171, 172, 171, 172],
                str(_("Wealth products")): [30, 30, 32, 32, 33, 33, 34, 34, 34, 35, 35, 35],
                str(_("Funds")): [40, 42, 41, 46, 48, 50, 52, 54, 55, 52, 52, 57],
            },
        ),
        "outlets": figures.bars(
            label=str(_("One outlet is far ahead")), heading=str(_("Outlet")), mean=139,
            values={"滨江支行": 212, "城西支行": 168, "古墩路支行": 91, "湖滨支行": 87},
        ),
        "causes": figures.waterfall(
            label=str(_("The complaint cost most")),
            steps=[
                figures.Step(str(_("Previous period")), 76.5, is_total=True),
                figures.Step(str(_("Complaint rate")), -12.0),
                figures.Step(str(_("Satisfaction")), -8.2),
                figures.Step(str(_("Repeat purchase")), 2.0),
                figures.Step(str(_("This period")), 58.3, is_total=True),
            ],
        ),
    }  # fmt: skip
