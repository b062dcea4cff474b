"""A rule said in words, in the reader's language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from zhike.analytics.portrait import Kind
from zhike.analytics.rules import Ask, Condition, Group, Join, Node, ProblemCode
from zhike.core import formats
from zhike.insight.queries.field_words import choice_of, label_of, unit_label
from zhike.insight.queries.sources import fields

CENTS = 100
PPM_A_PERCENT = 10_000


def in_words(rule: Group) -> str:
    """The whole rule in one sentence; groups within stand in brackets."""
    said = [_part(part) for part in rule.parts]
    if not said:
        return _("No condition yet: all customers")
    text = _joined(rule.join, said)
    return _("not (%(rule)s)") % {"rule": text} if rule.is_not else text


def in_lines(rule: Group) -> list[str]:
    """The parts of the rule, one each, for a list under what joins them."""
    return [_part(part, outermost=True) for part in rule.parts]


def join_in_words(rule: Group) -> str:
    """What joins the parts of the whole rule, as a heading."""
    if rule.is_not:
        return (
            _("In are those who do not meet all of these")
            if rule.join is Join.ALL
            else _("In are those who meet none of these")
        )
    return (
        _("In are those who meet all of these")
        if rule.join is Join.ALL
        else _("In are those who meet at least one of these")
    )


def problem_in_words(code: ProblemCode) -> str:
    """What to do about a problem of a rule."""
    return {
        ProblemCode.EMPTY_GROUP: _("Add a condition."),
        ProblemCode.UNKNOWN_FIELD: _("This field is not in the portrait any more. Remove the condition."),
        ProblemCode.WRONG_TEST: _("This does not fit the field. Choose again."),
        ProblemCode.NO_LIMIT: _("Enter at least one limit."),
        ProblemCode.LIMITS_REVERSED: _("The lower limit is above the upper one."),
        ProblemCode.NOT_A_LIMIT: _("Enter a number that fits the field."),
        ProblemCode.NO_VALUE: _("Choose at least one."),
        ProblemCode.UNKNOWN_VALUE: _("One of the values is not among those of the field."),
        ProblemCode.NO_DAYS: _("Enter the number of days, from 1 to 36,600."),
        ProblemCode.TOO_DEEP: _("Groups are nested too deeply; five levels are the most."),
        ProblemCode.TOO_MANY: _("There are too many conditions; forty are the most."),
    }[code]


def _part(node: Node, *, outermost: bool = False) -> str:
    if isinstance(node, Condition):
        return condition_in_words(node)
    inner = _joined(node.join, [_part(part) for part in node.parts]) or _("no condition yet")
    if node.is_not:
        return _("not (%(rule)s)") % {"rule": inner}
    return inner if outermost or len(node.parts) == 1 else _("(%(rule)s)") % {"rule": inner}


def _joined(join: Join, said: list[str]) -> str:
    return (pgettext("rule", " and ") if join is Join.ALL else pgettext("rule", " or ")).join(said)


def condition_in_words(condition: Condition) -> str:
    """One condition, such as 'Purchases in 12 months ≥ 2'."""
    label = label_of(condition.field)
    said = _said(condition, label)
    return _("not (%(rule)s)") % {"rule": said} if condition.is_not else said


def _said(condition: Condition, label: str) -> str:
    match condition.ask:
        case Ask.KNOWN:
            return _("%(field)s is known") % {"field": label}
        case Ask.UNKNOWN:
            return _("%(field)s is not known") % {"field": label}
        case Ask.YES:
            return _("%(field)s: yes") % {"field": label}
        case Ask.NO:
            return _("%(field)s: no") % {"field": label}
        case Ask.IN:
            values = pgettext("rule", " or ").join(
                choice_of(condition.field, value) for value in condition.values
            )
            return _("%(field)s: %(values)s") % {"field": label, "values": values}
        case Ask.BETWEEN:
            return _limits(condition, label)
    days = {"field": label, "days": formats.grouped(condition.days or 0)}
    match condition.ask:
        case Ask.WITHIN:
            said = ngettext(
                "%(field)s within the last %(days)s day", "%(field)s within the last %(days)s days",
                condition.days or 0,
            )  # fmt: skip
        case Ask.LONGER:
            said = ngettext(
                "%(field)s %(days)s day ago or longer",
                "%(field)s %(days)s days ago or longer",
                condition.days or 0,
            )
        case _:
            said = ngettext(
                "%(field)s within the next %(days)s day", "%(field)s within the next %(days)s days",
                condition.days or 0,
            )  # fmt: skip
    return said % days


def _limits(condition: Condition, label: str) -> str:
    low, high = (
        None if limit is None else limit_in_words(condition.field, limit)
        for limit in (condition.low, condition.high)
    )
    if low is not None and low == high:
        return f"{label} = {low}"
    if high is None:
        return f"{label} ≥ {low}"
    if low is None:
        return f"{label} ≤ {high}"
    return f"{label} {low} – {high}"


def limit_in_words(code: str, limit: float | date) -> str:
    """A limit as people read it: an amount with its currency, a share in per cent."""
    if isinstance(limit, date):
        return limit.isoformat()
    field = fields().get(code)
    if field is None:
        return str(limit)
    if field.kind is Kind.MONEY:
        amount = Decimal(int(limit)) / CENTS
        return f"{formats.grouped(amount, 0 if amount == int(amount) else 2)} {unit_label(code)}"
    if field.kind is Kind.SHARE:
        return f"{plain_decimal(Decimal(int(limit)) / PPM_A_PERCENT)}%"
    return formats.grouped(limit, 0 if limit == int(limit) else 1)


def plain_decimal(number: Decimal) -> str:
    """A number without zeros at its end and without an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
