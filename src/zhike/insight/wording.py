"""Words for this room's codes in the audit and on the operations page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from zhike.core.labels import Register, register_labels
from zhike.insight.queries.model_words import INPUT_LABELS

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
register_labels(Register.INPUT, INPUT_LABELS)
register_labels(Register.UNIT, {"percent": gettext_lazy("percent")})
register_labels(
    Register.ACTION,
    {
        "model.asked": gettext_lazy("Training of a model asked for"),
        "model.trained": gettext_lazy("Model trained"),
        "model.not_trained": gettext_lazy("Model could not be trained"),
        "model.proposed": gettext_lazy("Model submitted for approval"),
        "model.approved": gettext_lazy("Model approved"),
        "model.returned": gettext_lazy("Model returned"),
        "model.in_use": gettext_lazy("Model put in use"),
        "model.retired": gettext_lazy("Model retired"),
        "customers.scored": gettext_lazy("Customers scored by a model"),
        "churn_warning.raised": gettext_lazy("Warning of churn raised"),
        "churn_warning.answered": gettext_lazy("Warning of churn answered"),
        "churn_warning.set_aside": gettext_lazy("Warning of churn set aside"),
    },
)
register_labels(
    Register.PARAMETER,
    {
        "insight.churn_horizon": gettext_lazy("How far ahead a model of churn looks"),
        "insight.churn_threshold": gettext_lazy("Chance of churn from which a warning is raised"),
        "insight.churn_tasks": gettext_lazy("Warnings of churn for one person a night, at most"),
        "insight.churn_quiet_days": gettext_lazy("How long no warning follows a closed one"),
        "insight.churn_due_days": gettext_lazy("Term of the task that follows a warning of churn"),
        "insight.churn_least_lost": gettext_lazy("Lost customers that a model needs at least"),
        "insight.drift_watched": gettext_lazy("Drift of a model from which it is watched"),
        "insight.drift_alarm": gettext_lazy("Drift of a model from which there is an alarm"),
    },
)
register_labels(
    Register.OBJECT,
    {
        "insight.churnwarning": gettext_lazy("Warning of churn"),
        "insight.portrait": gettext_lazy("Portrait of the customers"),
        "insight.valuestudy": gettext_lazy("Study of value"),
        "insight.registeredmodel": gettext_lazy("Model"),
        "insight.scoring": gettext_lazy("Scores of a model"),
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
        "insight.train": gettext_lazy("Training of a model"),
        "insight.foresee": gettext_lazy("Scores and warnings of churn"),
    },
)
register_labels(
    Register.STEP,
    {
        "SOURCES": gettext_lazy("Reading the customer file and what was found before"),
        "PORTRAIT": gettext_lazy("Making the portrait"),
        "MEMBERS": gettext_lazy("Recording who is in it"),
        "VALUE": gettext_lazy("Fitting the models and valuing each customer"),
        "TRAINING": gettext_lazy("Learning, and trying what was learnt on the later period"),
        "SCORES": gettext_lazy("Scoring the customers"),
        "WARNINGS": gettext_lazy("Raising warnings"),
    },
)
register_labels(
    Register.SENTENCE,
    {
        "segment.changed_meanwhile": gettext_lazy("The segment has been changed meanwhile."),
        "model.moved_on": gettext_lazy("The model is not proposed any more."),
        "model.drifted": gettext_lazy("Model %(model)s, far from its training: %(inputs)s"),
        "model.look_into": gettext_lazy(
            "The customers have drifted by up to %(index)s (stability index) since the training of %(model)s, as of "
            "%(as_of)s. Find out why, and train it anew where it no longer fits."
        ),
        "churn.keep": gettext_lazy("Keep customer %(customer)s, who may leave (%(risk)s)"),
        "churn.why": gettext_lazy("Why: %(reasons)s. Record what came of it among the churn warnings."),
    },
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
        "hundredths of a percent": gettext_lazy("hundredths of a percent of the money spent"),
    },
)
