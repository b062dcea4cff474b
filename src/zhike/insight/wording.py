"""Words for this room's codes in the audit and on the operations page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from zhike.core.labels import Register, register_labels

register_labels(
    Register.ACTION,
    {
        "portrait.made": gettext_lazy("Portrait of the customers made"),
        "value.studied": gettext_lazy("Value of the customers studied"),
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
        "insight.valuestudy": gettext_lazy("Study of value"),
        "insight.segment": gettext_lazy("Segment"),
        "insight.segmentversion": gettext_lazy("Rule of a segment"),
    },
)
register_labels(
    Register.JOB,
    {
        "insight.portrait": gettext_lazy("Portrait of the customers"),
        "insight.snapshot": gettext_lazy("Members of a segment"),
        "insight.value": gettext_lazy("Study of value"),
    },
)
register_labels(
    Register.STEP,
    {
        "SOURCES": gettext_lazy("Reading the customer file and what was found before"),
        "PORTRAIT": gettext_lazy("Making the portrait"),
        "MEMBERS": gettext_lazy("Recording who is in it"),
        "VALUE": gettext_lazy("Fitting the models and valuing each customer"),
    },
)
register_labels(
    Register.SENTENCE,
    {"segment.changed_meanwhile": gettext_lazy("The segment has been changed meanwhile.")},
)
register_labels(
    Register.PARAMETER,
    {
        "value.past_days": gettext_lazy("How far back purchases count for value"),
        "value.hold_out_days": gettext_lazy("Period on which models of value are tried"),
        "value.least_repeaters": gettext_lazy("Customers who bought again that a model needs"),
        "value.least_losses": gettext_lazy("Customers lost that a survival curve needs"),
        "value.horizon_months": gettext_lazy("How far ahead value looks"),
        "value.discount_percent": gettext_lazy("Discount of later value"),
        "value.card_margin": gettext_lazy("What the bank earns of card payments"),
        "value.investment_margin": gettext_lazy("What the bank earns of investments sold"),
        "value.sleeping_months": gettext_lazy("Months without an act until a customer counts as asleep"),
        "value.sleeping_below": gettext_lazy("Money below which a customer may count as asleep"),
        "value.asset_loss_percent": gettext_lazy("Fall from the peak that counts as assets lost"),
        "value.partial_loss_percent": gettext_lazy("Fall from the peak that counts as partly lost"),
    },
)
register_labels(
    Register.UNIT,
    {
        "percent a year": gettext_lazy("percent a year"),
        "percent of the balance": gettext_lazy("percent of the balance"),
        "hundredths of a percent of the money spent": gettext_lazy(
            "hundredths of a percent of the money spent"
        ),
    },
)
