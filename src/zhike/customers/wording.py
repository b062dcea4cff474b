"""Words for this room's codes in the audit."""

from django.utils.translation import gettext_lazy as _

from zhike.core.labels import Register, register_labels
from zhike.customers.enums import FilePurpose, RevealPurpose

register_labels(
    Register.ACTION,
    {
        "customer.opened": _("Customer file opened"),
        "customer.revealed": _("Personal value shown in the clear"),
        "portfolio.assigned": _("Customer assigned"),
        "portfolio.handed_over": _("Customer handed over"),
    },
)
register_labels(Register.OBJECT, {"customers.customer": _("Customer")})
register_labels(Register.PURPOSE, {**dict(RevealPurpose.choices), **dict(FilePurpose.choices)})
