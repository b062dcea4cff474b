"""Words for the codes of this room."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from zhike.core.labels import Register, register_labels

register_labels(
    Register.ACTION,
    {
        "token.issued": gettext_lazy("Token issued"),
        "token.revoked": gettext_lazy("Token ended"),
        "customer.read_by_program": gettext_lazy("Customer read by a program"),
        "customer.listed_by_program": gettext_lazy("Customers listed by a program"),
    },
)
register_labels(Register.OBJECT, {"rest.apitoken": gettext_lazy("Token")})
register_labels(
    Register.PARAMETER,
    {
        "token.max_days": gettext_lazy("How long a token for programs may live"),
        "token.calls_per_minute": gettext_lazy("Calls of one token in a minute"),
    },
)
register_labels(Register.UNIT, {"calls": gettext_lazy("calls")})
