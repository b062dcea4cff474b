"""Words for this room's codes in the audit, and why nobody is handed over."""

from django.utils.translation import gettext_lazy as _

from zhike.core.labels import Register, register_labels
from zhike.core.outcomes import Outcome, register_outcomes
from zhike.customers.enums import FilePurpose, RevealPurpose

register_labels(
    Register.ACTION,
    {
        "customer.opened": _("Customer file opened"),
        "customer.revealed": _("Personal value shown in the clear"),
        "portfolio.assigned": _("Customer assigned"),
        "portfolio.handed_over": _("Customer handed over"),
        "portfolio.hand_over_refused": _("Hand-over refused"),
    },
)
register_outcomes({"portfolio.hand_over_refused": Outcome.REFUSED})
register_labels(
    Register.SENTENCE,
    {
        "portfolio.has_a_manager": _("This customer already has an account manager; hand the customer over."),
        "portfolio.note_missing": _("Write a handover note: what the next manager must know."),
        "portfolio.kept_already": _("%(name)s looks after this customer already."),
        "portfolio.reason_missing": _("Please give a reason."),
        "portfolio.customer_left": _("This customer has left the bank."),
        "portfolio.changed_meanwhile": _(
            "Somebody else changed this customer meanwhile. Look again before you decide."
        ),
        "portfolio.keeper_left": _("This person no longer works here."),
        "portfolio.no_keeper": _("%(name)s has no role that keeps customers."),
    },
)
register_labels(Register.OBJECT, {"customers.customer": _("Customer")})
register_labels(Register.PURPOSE, {**dict(RevealPurpose.choices), **dict(FilePurpose.choices)})
