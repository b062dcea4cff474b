"""Words for this room's codes in the audit and on the operations page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from zhike.core.labels import Register, register_labels

register_labels(
    Register.ACTION,
    {
        "portrait.made": gettext_lazy("Portrait of the customers made"),
        "segment.drafted": gettext_lazy("Segment drafted"),
        "segment.changed": gettext_lazy("Segment changed"),
        "segment.version_drafted": gettext_lazy("Next rule of a segment drafted"),
        "segment.rule_changed": gettext_lazy("Rule of a segment changed"),
        "segment.submitted": gettext_lazy("Segment submitted for approval"),
        "segment.returned": gettext_lazy("Segment returned to its author"),
        "segment.in_force": gettext_lazy("Rule of a segment brought in force"),
        "segment.rule_replaced": gettext_lazy("Rule of a segment replaced by a later one"),
        "segment.began": gettext_lazy("Segment brought in force"),
        "segment.retired": gettext_lazy("Segment retired"),
        "segment.restored": gettext_lazy("Retirement of a segment taken back"),
        "segment.recorded": gettext_lazy("Members of a segment recorded"),
    },
)
register_labels(
    Register.OBJECT,
    {
        "insight.portrait": gettext_lazy("Portrait of the customers"),
        "insight.segment": gettext_lazy("Segment"),
        "insight.segmentversion": gettext_lazy("Rule of a segment"),
    },
)
register_labels(
    Register.JOB,
    {
        "insight.portrait": gettext_lazy("Portrait of the customers"),
        "insight.snapshot": gettext_lazy("Members of a segment"),
    },
)
register_labels(
    Register.STEP,
    {
        "SOURCES": gettext_lazy("Reading the customer file and what was found before"),
        "PORTRAIT": gettext_lazy("Making the portrait"),
        "MEMBERS": gettext_lazy("Recording who is in it"),
    },
)
register_labels(
    Register.SENTENCE,
    {"segment.changed_meanwhile": gettext_lazy("The segment has been changed meanwhile.")},
)
