"""Why a value is not accepted, in the reader's language. The code beside it stays the same in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "missing": _("It is missing."),
    "extra_forbidden": _("This API does not know it here."),
    "value_error": _("It is no mark that this API gave."),
    "string_type": _("It must be a text."),
    "string_too_short": _("It must have %(min_length)s characters or more."),
    "string_too_long": _("It must have %(max_length)s characters or fewer."),
    "string_pattern_mismatch": _("It holds a character that is not accepted."),
    "int_type": _("It must be a whole number."),
    "int_parsing": _("It must be a whole number."),
    "int_parsing_size": _("The number is too long."),
    "int_from_float": _("It must be a whole number."),
    "greater_than_equal": _("It must be %(ge)s or more."),
    "less_than_equal": _("It must be %(le)s or less."),
    "bool_type": _("It must be true or false."),
    "bool_parsing": _("It must be true or false."),
    "enum": _("It must be one of: %(expected)s."),
    "date_type": _("It must be a day, as 2026-09-30."),
    "date_parsing": _("It must be a day, as 2026-09-30."),
    "date_from_datetime_parsing": _("It must be a day, as 2026-09-30."),
    "date_from_datetime_inexact": _("It must be a day without a time."),
    "model_type": _("It must be a JSON object."),
    "model_attributes_type": _("It must be a JSON object."),
    "list_type": _("It must be a list."),
    "too_short": _("It must have %(min_length)s entries or more."),
    "too_long": _("It must have %(max_length)s entries or fewer."),
    "dict_type": _("It must be a JSON object."),
}
OTHER = _("It is not accepted.")


def reason(fault: Mapping[str, Any]) -> str:
    """The words for one fault of the library's: its `type` and the limits in its `ctx`."""
    text = str(REASONS.get(fault["type"], OTHER))
    limits = {name: _plain(value) for name, value in fault.get("ctx", {}).items()}
    return text % limits if "%(" in text else text


def _plain(value: Any) -> str:
    """The library joins choices with English words."""
    return str(value).replace(" or ", ", ").replace("'", "")
