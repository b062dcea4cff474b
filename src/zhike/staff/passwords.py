"""Password rules, from the dated parameters (GB/T 22239-2019 8.1.4.1)."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import parameters

CLASSES = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())

GROUP = 4
LETTERS = ("abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789")
"""Signs of a first password: none is taken for another when it is read aloud or copied from paper."""


class PasswordRules:
    """Length and kinds of characters; Django's own list of common passwords stands beside it."""

    def validate(self, password: str, user: object = None) -> None:
        length, classes = _rules()
        if len(password) < length:
            raise ValidationError(_("At least %(count)s characters.") % {"count": length}, code="short")
        if sum(any(map(kind, password)) for kind in CLASSES) < classes:
            raise ValidationError(
                _("At least %(count)s of: small letters, capital letters, digits, other signs.")
                % {"count": classes},
                code="plain",
            )

    def get_help_text(self) -> str:
        length, classes = _rules()
        return _(
            "At least %(length)s characters, with at least %(classes)s of: small letters, capital letters, "
            "digits, other signs."
        ) % {"length": length, "classes": classes}


def first_password() -> str:
    """A password by chance that keeps the rules, in groups of four: at least 16 signs, some 90 bits."""
    length, _classes = _rules()
    count = max(16, length)
    while True:
        signs = [secrets.choice("".join(LETTERS)) for _place in range(-(-count // GROUP) * GROUP)]
        if all(set(kind) & set(signs) for kind in LETTERS):
            return "-".join("".join(signs[n : n + GROUP]) for n in range(0, len(signs), GROUP))


def _rules() -> tuple[int, int]:
    today = timezone.localdate()
    return (
        parameters.value("auth.password_length", on=today),
        parameters.value("auth.password_classes", on=today),
    )
