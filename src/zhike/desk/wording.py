"""Words for the desk's codes in the audit and in the parameter register."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhike.core import formats
from zhike.core.labels import Register, register_labels
from zhike.core.models import Approval
from zhike.core.proposals import Kind, Lines, each, register_proposal_kind
from zhike.desk.models import ExportRequest

register_labels(
    Register.ACTION,
    {
        "customer.exported": _("Customer list exported"),
        "export.asked": _("Longer list asked for"),
        "export.allowed": _("Longer list allowed"),
        "export.refused": _("Longer list not allowed"),
        "view.saved": _("View of a list saved"),
        "view.changed": _("View of a list changed"),
        "view.deleted": _("View of a list deleted"),
    },
)
register_labels(
    Register.OBJECT,
    {"desk.exportrequest": _("Request for a list"), "desk.savedview": _("Saved view")},
)
register_labels(
    Register.PARAMETER,
    {
        "desk.data_age_days": _("Age of the figures from which every page says so to who loads them"),
        "desk.maturing_days": _("Days ahead in which falling due shows on the workbench"),
        "desk.outflow_least": _("Smallest fall of assets that shows as an outflow"),
        "desk.outflow_percent": _("Fall of assets within a month that shows as an outflow"),
    },
)
register_labels(
    Register.UNIT,
    {"CNY": _("CNY"), "percent of the month before": _("percent of the month before")},
)


def _title(approval: Approval) -> str:
    return gettext("Customer list of %(count)s rows") % {"count": formats.grouped(approval.payload["rows"])}


def _lines(approval: Approval) -> Lines:
    chosen = gettext("; ").join(f"{label} {text}" for label, text in approval.payload["filters"])
    return [
        (gettext("Rows"), formats.grouped(approval.payload["rows"])),
        (gettext("Filters"), chosen or gettext("no filter")),
        (
            gettext("Leaves"),
            gettext("names, loyalty, assets, outlet and account manager; no phone and no ID number"),
        ),
    ]


def _asked_again() -> Q:
    """Whether who asked has asked for the same list since: each request is a subject of its own."""
    asked = ExportRequest.objects.filter(pk=OuterRef(OuterRef("subject_id")))
    again = ExportRequest.objects.filter(
        asked_by=OuterRef("proposed_by"), pk__gt=OuterRef("subject_id"), query__in=asked.values("query")
    )
    return Q(Exists(again))


register_proposal_kind(
    "desk.export",
    Kind(
        label=_("Longer customer list"),
        titles=each(_title),
        lines=_lines,
        link=lambda approval: reverse("desk:exports"),
        settled=_asked_again,
    ),
)
