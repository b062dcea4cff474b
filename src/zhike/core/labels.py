"""Words for codes: what people read where the data hold a code (audit actions, jobs, parameters, units).

Each room registers the words of its own codes. A code without words shows as it is, and a test finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Register(StrEnum):
    """The kinds of codes that need words."""

    ACTION = "ACTION"
    JOB = "JOB"
    STEP = "STEP"
    PARAMETER = "PARAMETER"
    UNIT = "UNIT"
    OBJECT = "OBJECT"
    RIGHT = "RIGHT"
    ROLE = "ROLE"
    SENTENCE = "SENTENCE"
    PURPOSE = "PURPOSE"
    INDICATOR = "INDICATOR"
    INPUT = "INPUT"


_words: dict[Register, dict[str, str | Promise]] = {register: {} for register in Register}
_in_names: dict[str, list[Register | Mapping[str, str | Promise]]] = {}


def register_labels(register: Register, words: Mapping[str, str | Promise]) -> None:
    """Add words for codes."""
    _words[register].update(words)


def register_codes_in_names(object_type: str, *words: Register | Mapping[str, str | Promise]) -> None:
    """Say which codes stand, as words of their own, in what the audit calls the objects of a type."""
    _in_names.setdefault(object_type, []).extend(words)


def name_in_words(object_type: str, name: str) -> str:
    """What the audit calls an object, with the codes in it in words."""
    known_words: dict[str, str | Promise] = {}
    for source in _in_names.get(object_type, ()):
        known_words.update(_words[source] if isinstance(source, Register) else source)
    return " ".join(str(known_words.get(part, part)) for part in name.split(" ")) if known_words else name


def label(register: Register, code: str) -> str:
    """The words for a code, or the code."""
    return str(words(register, code))


def words(register: Register, code: str) -> str | Promise:
    """The words for a code before they are in a language, or the code; those of a sentence have gaps to fill."""
    return _words[register].get(code, code)


def known(register: Register) -> dict[str, str | Promise]:
    """All codes that have words."""
    return dict(_words[register])


def in_order(register: Register) -> list[tuple[str, str]]:
    """All codes with their words, in the order in which readers of the language in force look words up.

    The two encodings hold the common characters in that order: GB 18030 by pinyin, Big5 by strokes.
    """
    encoding = {"zh-hans": "gb18030", "zh-hant": "big5hkscs"}.get(get_language() or "", "utf-8")
    words_of = {code: str(text) for code, text in _words[register].items()}
    return sorted(words_of.items(), key=lambda item: item[1].casefold().encode(encoding, "replace"))


register_labels(
    Register.ACTION,
    {
        "access.refused": _("Right refused"),
        "access.not_found": _("Record out of scope"),
        "approval.proposed": _("Proposed for approval"),
        "approval.approved": _("Proposal approved"),
        "approval.rejected": _("Proposal rejected"),
        "approval.withdrawn": _("Proposal withdrawn"),
        "approval.given_up": _("Returned proposal given up"),
        "approval.overtaken": _("Proposal overtaken by another change"),
        "audit.verified": _("Audit verified"),
        "backup.taken": _("Backup taken"),
        "backup.drilled": _("Backup restored on trial"),
        "backup.restored": _("Bank restored from a backup"),
        "calendar.loaded": _("Calendar year loaded"),
        "calendar.changed": _("Calendar day changed"),
        "customer.revealed": _("Customer data shown in the clear"),
        "keys.renewed": _("Data keys renewed"),
        "keys.resealed": _("Values encrypted anew"),
        "parameter.changed": _("Parameter changed"),
        "task.asked": _("Task asked"),
        "task.done": _("Task answered"),
        "task.escalated": _("Overdue task escalated"),
        "task.cancelled": _("Task cancelled"),
        "webhook.proposed": _("Webhook proposed"),
        "webhook.approved": _("Webhook approved"),
        "webhook.paused": _("Webhook paused"),
        "webhook.resumed": _("Webhook resumed"),
        "webhook.ended": _("Webhook ended"),
        "webhook.failed": _("Webhook stopped after failures"),
        "webhook.resent": _("Event sent again"),
    },
)
register_labels(
    Register.JOB,
    {
        "core.verify_audit": _("Verifying the audit"),
        "core.escalate_tasks": _("Escalating overdue tasks"),
    },
)
register_labels(
    Register.STEP,
    {
        "AUDIT_VERIFIED": _("Events held against their seals"),
        "TASKS_ESCALATED": _("Tasks brought before those who oversee the unit"),
    },
)
register_labels(
    Register.OBJECT,
    {
        "core.approval": _("Proposal"),
        "core.parameter": _("Parameter"),
        "core.task": _("Task"),
        "core.webhook": _("Webhook"),
        "core.webhookdelivery": _("Event of a webhook"),
        "core.workday": _("Calendar day"),
    },
)
register_codes_in_names("core.parameter", Register.PARAMETER)
register_labels(
    Register.PARAMETER,
    {
        "auth.lock_failures": _("Wrong passwords until an account is locked"),
        "auth.lock_minutes": _("How long an account stays locked"),
        "auth.idle_minutes": _("How long a session lasts without activity"),
        "auth.password_length": _("Shortest password"),
        "auth.password_classes": _("Kinds of characters in a password"),
        "auth.password_days": _("How long a password is valid"),
        "auth.provider_minutes": _("How old a sign-in at the bank's sign-in service may be"),
        "auth.provider_skew_seconds": _("How far the sign-in service's clock may be apart from ours"),
        "auth.dormant_days": _("Days until an unused account counts as dormant"),
        "export.approval_rows": _("Rows of an export that need approval"),
        "export.valid_days": _("How long an approved list may be fetched"),
        "reveal.minutes": _("How long data stay shown in the clear"),
        "loyalty.follow_up_days": _("Time to follow a change of loyalty"),
        "loyalty.mover_points": _("Change of the index that counts as a move"),
        "task.escalate_days": _("Time after which an overdue task is escalated"),
        "analytics.min_cell": _("Smallest group that totals may show"),
        "import.recent_days": _("Transactions kept in the database"),
        "import.max_megabytes": _("Largest file that may be loaded"),
        "import.reject_percent": _("Rejected rows that stop a load"),
        "import.workbook_megabytes": _("Largest workbook that may be loaded"),
        "loyalty.sample_checks": _("Customers to check before an evaluation is published"),
        "calendar.alarm_days": _("Warning before a calendar year is missing"),
        "backup.warn_hours": _("Age of the latest backup that is warned of"),
        "backup.drill_days": _("Age of the latest restore on trial that is warned of"),
        "webhook.timeout_seconds": _("How long a webhook waits for its receiver"),
        "webhook.first_wait_seconds": _("Wait before an event is sent a second time"),
        "webhook.most_wait_minutes": _("Longest wait before an event is sent again"),
        "webhook.failing_days": _("Days of failures after which a webhook stops"),
        "aum.bands": _("Bands of customer assets"),
    },
)
register_labels(
    Register.SENTENCE,
    {
        "access.asks_for": _("Asks for: %(rights)s"),
        "access.out_of_reach": _("Not among what this right reaches: %(rights)s"),
        "webhook.address_closed": _("The address may not be called any more."),
        "webhook.task": _("Webhook %(name)s: the receiver has failed for %(days)s days"),
        "webhook.task_text": _(
            "Nothing is sent to %(name)s any more. Have the receiver mended, then resume the webhook: what has "
            "waited is sent."
        ),
        "parameter.changed_meanwhile": _("The value has been changed meanwhile."),
    },
)
register_labels(
    Register.UNIT,
    {
        "failures": _("failures"),
        "minutes": _("minutes"),
        "seconds": _("seconds"),
        "days": _("days"),
        "months": _("months"),
        "working days": _("working days"),
        "characters": _("characters"),
        "character classes": _("kinds of characters"),
        "rows": _("rows"),
        "percent of rows": _("percent of rows"),
        "points": _("points"),
        "customers": _("customers"),
        "customers per review": _("customers per review"),
        "MB": _("MB"),
        "CNY 10,000, left-closed": _("CNY 10,000, lower end included"),
    },
)
