"""Words for the desk's codes in the audit and in the parameter register."""

from django.utils.translation import gettext_lazy as _

from zhike.core.labels import Register, register_labels

register_labels(Register.ACTION, {"customer.exported": _("Customer list exported")})
register_labels(
    Register.PARAMETER,
    {
        "desk.maturing_days": _("Days ahead in which falling due shows on the workbench"),
        "desk.outflow_least": _("Smallest fall of assets that shows as an outflow"),
        "desk.outflow_percent": _("Fall of assets within a month that shows as an outflow"),
    },
)
register_labels(
    Register.UNIT,
    {"CNY": _("CNY"), "percent of the month before": _("percent of the month before")},
)
