"""Words for this room's codes in the audit and on the operations page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, ngettext_lazy

from zhike.analytics.drift import SCORE
from zhike.core.labels import Register, register_codes_in_names, register_labels
from zhike.loyalty.enums import Measure, Outcome, Tier, Trigger, Verdict
from zhike.loyalty.queries.sentences import INDICATOR_LABELS

register_labels(
    Register.ACTION,
    {
        "scheme.drafted": gettext_lazy("Scheme drafted"),
        "scheme.changed": gettext_lazy("Scheme draft changed"),
        "scheme.withdrawn": gettext_lazy("Scheme draft deleted"),
        "scheme.trial_asked": gettext_lazy("Trial of a scheme asked"),
        "scheme.tried": gettext_lazy("Scheme tried"),
        "scheme.coverage_asked": gettext_lazy("Coverage of an evaluation asked"),
        "scheme.submitted": gettext_lazy("Scheme submitted for approval"),
        "scheme.approved": gettext_lazy("Scheme approved"),
        "scheme.returned": gettext_lazy("Scheme returned to its author"),
        "scheme.in_force": gettext_lazy("Scheme brought in force"),
        "scheme.retired": gettext_lazy("Scheme retired"),
        "run.started": gettext_lazy("Evaluation started"),
        "run.restarted": gettext_lazy("Evaluation restarted"),
        "run.computing": gettext_lazy("Evaluation computing"),
        "run.computed": gettext_lazy("Evaluation computed"),
        "run.reconciled": gettext_lazy("Evaluation reconciled"),
        "run.blocked": gettext_lazy("Evaluation blocked by a difference"),
        "run.sampled": gettext_lazy("Sample of an evaluation checked"),
        "run.reviewed": gettext_lazy("Evaluation reviewed"),
        "run.publication_asked": gettext_lazy("Publication decided"),
        "run.published": gettext_lazy("Evaluation published"),
        "run.superseded": gettext_lazy("Evaluation replaced by a later one"),
        "run.voided": gettext_lazy("Evaluation made void"),
        "run.reported": gettext_lazy("Report of an evaluation taken"),
        "review.asked": gettext_lazy("Review of a tier asked for a customer"),
        "what_if.kept": gettext_lazy("What-if kept"),
        "what_if.deleted": gettext_lazy("What-if deleted"),
        "plan.drafted": gettext_lazy("Loyalty plan drafted"),
        "plan.changed": gettext_lazy("Loyalty plan changed"),
        "plan.item_added": gettext_lazy("Item of a loyalty plan added"),
        "plan.item_changed": gettext_lazy("Item of a loyalty plan changed"),
        "plan.item_removed": gettext_lazy("Item of a loyalty plan removed"),
        "plan.item_done": gettext_lazy("Result of an item of a loyalty plan"),
        "plan.withdrawn": gettext_lazy("Draft of a loyalty plan deleted"),
        "plan.submitted": gettext_lazy("Loyalty plan submitted for approval"),
        "plan.approved": gettext_lazy("Loyalty plan approved"),
        "plan.returned": gettext_lazy("Loyalty plan returned to its author"),
        "plan.closed": gettext_lazy("Loyalty plan closed"),
        "override.proposed": gettext_lazy("Tier override proposed"),
        "override.applied": gettext_lazy("Tier override in force"),
        "override.ended": gettext_lazy("Tier overrides ended"),
        "follow_up.recorded": gettext_lazy("Follow-up recorded"),
        "follow_up.withdrawn": gettext_lazy("Follow-up taken back"),
        "tier_policy.changed": gettext_lazy("Measure of a tier changed"),
        "loyalty.watched": gettext_lazy("Loyalty watched between evaluations"),
    },
)
register_labels(
    Register.OBJECT,
    {
        "loyalty.scheme": gettext_lazy("Evaluation scheme"),
        "loyalty.run": gettext_lazy("Evaluation"),
        "loyalty.whatif": gettext_lazy("What-if"),
        "loyalty.loyaltyplan": gettext_lazy("Loyalty plan"),
        "loyalty.planitem": gettext_lazy("Item of a loyalty plan"),
        "loyalty.override": gettext_lazy("Tier override"),
        "loyalty.standing": gettext_lazy("Standing of a customer"),
        "loyalty.followup": gettext_lazy("Follow-up"),
        "loyalty.tierpolicy": gettext_lazy("Measure of a tier"),
        "loyalty.samplecheck": gettext_lazy("Sample check"),
    },
)
for _of_a_tier in ("loyalty.override", "loyalty.standing"):
    register_codes_in_names(_of_a_tier, dict(Tier.choices))
register_codes_in_names("loyalty.followup", dict(Outcome.choices))
register_codes_in_names(
    "loyalty.tierpolicy", dict(Tier.choices), dict(Trigger.choices), dict(Measure.choices)
)
register_codes_in_names("loyalty.samplecheck", dict(Verdict.choices))
register_labels(
    Register.JOB,
    {
        "loyalty.compute": gettext_lazy("Loyalty evaluation"),
        "loyalty.publish": gettext_lazy("Publication of an evaluation"),
        "loyalty.try": gettext_lazy("Trial of a scheme"),
        "loyalty.count": gettext_lazy("Coverage before an evaluation"),
        "loyalty.watch": gettext_lazy("Watching loyalty between evaluations"),
    },
)
STEPS = {
    "READ": gettext_lazy("Reading the facts"),
    "MEASURES": gettext_lazy("Measuring customers"),
    "PEERS": gettext_lazy("Comparing with the group"),
    "RESULTS": gettext_lazy("Computing scores and tiers"),
    "CHECK": gettext_lazy("Checking the results"),
    "RECONCILE": gettext_lazy("Reconciling"),
    "STORE": gettext_lazy("Storing the results"),
    "SWITCH": gettext_lazy("Switching where customers stand"),
}
register_labels(Register.STEP, STEPS)
register_labels(Register.INDICATOR, {SCORE: gettext_lazy("Loyalty index"), **INDICATOR_LABELS})
register_labels(
    Register.PARAMETER,
    {
        "loyalty.sample_checks": gettext_lazy("Samples checked before an evaluation is published"),
        "loyalty.next_contact_days": gettext_lazy("How far ahead the next contact may be agreed"),
        "loyalty.scheme_lead_days": gettext_lazy("How far ahead the first day of a scheme may lie"),
        "loyalty.unrated_percent": gettext_lazy(
            "Share without enough data from which the start of an evaluation warns"
        ),
        "analytics.few_customers": gettext_lazy("Fewer than this in a group say too little"),
        "loyalty.review_days": gettext_lazy("Time to answer a customer who asks for a review of the tier"),
        "loyalty.drift_watched": gettext_lazy("Drift of an indicator from which it is watched"),
        "loyalty.drift_alarm": gettext_lazy("Drift of an indicator from which there is an alarm"),
        "loyalty.owner_gap_days": gettext_lazy(
            "Time a highly loyal customer may be without an account manager"
        ),
    },
)
register_labels(
    Register.UNIT,
    {
        "customers per review": gettext_lazy("customers per review"),
        "percent of the customers": gettext_lazy("percent of the customers"),
        "hundredths of stability": gettext_lazy("hundredths of the stability index"),
    },
)
register_labels(
    Register.SENTENCE,
    {
        "plan.item": gettext_lazy("%(aim)s (%(plan)s)"),
        "plan.item_text": gettext_lazy(
            "%(steps)s Say on the page of the plan what came of it, with the figure that was reached."
        ),
        "plan.changed_meanwhile": gettext_lazy("The plan has been changed meanwhile."),
        "plan.another_in_force": gettext_lazy("Another plan is in force on these days."),
        "plan.day_has_passed": gettext_lazy("An item of the plan was due on a day that has passed."),
        "review.asked": gettext_lazy("Look at the tier of %(customer)s in %(period)s again"),
        "review.words": gettext_lazy("The customer asks: %(words)s"),
        "drift.alarm": gettext_lazy("%(indicators)s: far from the evaluation of %(period)s"),
        "drift.look_into": gettext_lazy(
            "Since the evaluation of %(period)s the customers have drifted by %(index)s (stability index), as of "
            "%(as_of)s. Find out whether the customers or the data have changed."
        ),
        "scheme.changed_meanwhile": gettext_lazy("The scheme has been changed meanwhile."),
        "scheme.another_in_force": gettext_lazy(
            "%(scheme)s has come in force meanwhile. Try this one against it, then submit it again."
        ),
        "override.evaluated_again": gettext_lazy("The customer has been evaluated again meanwhile."),
        "override.end_has_passed": gettext_lazy("The end of this override has passed."),
        "override.overtaken": gettext_lazy(
            "%(customer)s has been evaluated again: your proposed tier is overtaken"
        ),
        "override.propose_again": gettext_lazy(
            "%(run)s has replaced the result you wanted changed. Look at the new one, and propose again "
            "if your reason still holds: %(reason)s"
        ),
        "managers.asked": ngettext_lazy(
            "%(count)s highly loyal customer needs an account manager",
            "%(count)s highly loyal customers need an account manager",
            "count",
        ),
        "managers.asked_since": gettext_lazy(
            "Nobody has looked after them for more than %(days)s working days (%(period)s). They are listed "
            "under Loyalty, Without a manager; their files lead to the assignment."
        ),
    },
)
