"""Words for this room's codes in the audit and on the operations page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from zhike.core.labels import Register, register_labels

register_labels(Register.ACTION, {"portrait.made": gettext_lazy("Portrait of the customers made")})
register_labels(Register.OBJECT, {"insight.portrait": gettext_lazy("Portrait of the customers")})
register_labels(Register.JOB, {"insight.portrait": gettext_lazy("Portrait of the customers")})
register_labels(
    Register.STEP,
    {
        "SOURCES": gettext_lazy("Reading the customer file and what was found before"),
        "PORTRAIT": gettext_lazy("Making the portrait"),
    },
)
