"""What the system itself says and keeps is read in the reader's language; what people write stays as written."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pypinyin import lazy_pinyin

from tests.architecture.routes import routes
from tests.architecture.sources import PACKAGE, python_files, tree_of
from tests.cast import Bank
from zhike.core import audit, labels
from zhike.core.forms import AuditFilter
from zhike.core.models import Approval, ApprovalState, AuditEvent, Parameter, Task
from zhike.core.models.audit import WHY_REFUSED
from zhike.core.operations import approvals
from zhike.core.operations.parameters import propose_parameter
from zhike.core.operations.tasks import ask_task
from zhike.core.sentences import Sentence, kept, said
from zhike.staff.api import Operator

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CHANGED = Sentence("parameter.changed_meanwhile")
AS_READ = {
    "en": "The value has been changed meanwhile.",
    "zh-hans": "该参数已被他人变更。",
    "zh-hant": "該參數已被他人變更。",
}
pytestmark = pytest.mark.django_db


READ_AGAIN = "core/sentences.py"
"""Where a sentence is made of what was kept of one."""


class Asked(dict[str, Any]):
    """Names of a sentence that note which of them its words ask for."""

    def __missing__(self, name: str) -> int:
        self[name] = 1
        return 1


def said_in(tree: ast.AST) -> list[tuple[str, set[str]]]:
    """The sentences of a source with the names given to each. One without a code of its own has the code ''."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [_said(call) for call in calls if ast.unparse(call.func) == "Sentence"]


def _said(call: ast.Call) -> tuple[str, set[str]]:
    code, *names = call.args
    keys = names[0].keys if names and isinstance(names[0], ast.Dict) else []
    given = {key.value for key in keys if isinstance(key, ast.Constant)}
    table, is_from_table = ast.unparse(code).partition("[")[0], isinstance(code, ast.Subscript)
    if is_from_table:
        return f"{table}[]", given
    return (code.value if isinstance(code, ast.Constant) else ""), given


def sentences() -> list[tuple[str, set[str]]]:
    """Every sentence of the product, those of a table one by one."""
    found = []
    for path in python_files(PACKAGE):
        if path.as_posix().endswith(READ_AGAIN):
            continue
        for code, names in said_in(tree_of(path)):
            each = WHY_REFUSED.values() if code == "WHY_REFUSED[]" else [code]
            found += [(one, names) for one in each]
    return found


def test_every_sentence_has_words() -> None:
    assert routes(), "loading the addresses loads the words of every room"
    codes = {code for code, _names in sentences()}
    assert {"login.closed", "login.unknown_number", *WHY_REFUSED.values()} < codes
    assert codes - labels.known(labels.Register.SENTENCE).keys() == set()


@pytest.mark.parametrize("language", AS_READ)
def test_every_sentence_is_given_the_names_that_its_words_ask_for(language: str) -> None:
    assert routes()
    with translation.override(language):
        for code, given in sentences():
            asked = Asked()
            assert labels.words(labels.Register.SENTENCE, code) % asked
            assert (code, asked.keys()) == (code, given)


def test_a_sentence_by_a_code_that_is_computed_is_found() -> None:
    assert said_in(ast.parse("Sentence(why)")) == [("", set())]
    assert said_in(ast.parse('Sentence("a.b", {"name": 1})')) == [("a.b", {"name"})]


def test_a_task_is_asked_by_sentences_or_by_a_person_and_not_by_both(bank: Bank) -> None:
    asked = {"unit_id": bank.donghu.pk, "due_on": NOW.date(), "by": bank.zheng, "now": NOW}
    with pytest.raises(TypeError):
        ask_task(title=Sentence("managers.asked", {"count": 3}), text="100 %", **asked)
    with pytest.raises(TypeError):
        ask_task(title="100 %", text=CHANGED, **asked)
    assert not Task.objects.exists()
    assert ask_task(title=Sentence("managers.asked", {"count": 3}), **asked).text_in_words == ""


@pytest.mark.parametrize(
    ("code", "names", "read"),
    [
        ("role.clash", {}, "-- would act as -- and as --"),
        (
            "role.clash",
            {"name": "陈晓", "role": {"GONE": "TELLER"}, "other": {"ROLE": "GONE"}},
            "TELLER and as GONE",
        ),
        ("managers.asked", {}, "managers.asked"),
        ("gone.altogether", {"name": "100 %"}, "gone.altogether"),
    ],
)
def test_a_sentence_of_an_older_release_breaks_no_page(code: str, names: dict[str, Any], read: str) -> None:
    assert routes()
    assert read in str(Sentence(code, names))


def test_a_sentence_names_codes_in_words_of_the_language_in_force() -> None:
    clash = Sentence(
        "role.clash", {"name": "陈晓", "role": {"ROLE": "TELLER"}, "other": {"ROLE": "SYSTEM_ADMIN"}}
    )
    assert str(clash).startswith("陈晓 would act as Teller and as System administrator")
    with translation.override("zh-hans"):
        assert "Teller" not in str(clash)
        assert "柜员" in str(clash)


def test_a_text_of_a_person_is_never_taken_for_a_code() -> None:
    for written in ("", "parameter.changed_meanwhile", "100 %(off)s"):
        assert said(*kept(written)) == written
    assert said(*kept(CHANGED)) == CHANGED


def test_a_proposal_found_overtaken_is_recorded_as_that_and_as_no_approval(bank: Bank) -> None:
    row = Parameter.objects.get(code="export.approval_rows")
    approval = propose_parameter(
        parameter_id=row.pk, value=300, valid_from=NOW.date(), reason="更严", by=bank.zheng, now=NOW
    )
    Parameter.objects.create(code=row.code, valid_from=date(2026, 1, 1), value=400, changed_at=NOW)
    done = approvals.approve(approval_id=approval.pk, reason="同意", by=bank.shen, now=NOW)
    assert (done.state, done.decided_by, done.decided_at) == (ApprovalState.STALE, bank.shen, NOW)
    assert (Approval.objects.get().state, Approval.objects.get().decision) == (ApprovalState.STALE, CHANGED)
    events = AuditEvent.objects.filter(object_type="core.approval").order_by("pk")
    assert [event.action for event in events] == ["approval.proposed", "approval.overtaken"]
    assert events[1].detail["changes"]["state"] == ["PENDING", "STALE"]
    assert (events[1].reason_in_words, events[1].detail["decision"]) == (AS_READ["en"], "同意")


@pytest.mark.parametrize("language", AS_READ)
def test_why_a_proposal_ended_is_read_in_the_reader_s_language(
    bank: Bank, client_of: Callable[[Any], Client], language: str
) -> None:
    row = Parameter.objects.get(code="export.approval_rows")
    approval = propose_parameter(
        parameter_id=row.pk, value=300, valid_from=NOW.date(), reason="更严", by=bank.zheng, now=NOW
    )
    with translation.override("zh-hant"):  # of whoever overtakes it
        approvals.overtake(proposals=Approval.objects.all(), reason=CHANGED, by=bank.shen, now=NOW)
    client = client_of(bank.zheng)
    client.cookies["django_language"] = language
    page = client.get(reverse("core:approval", args=[approval.pk]), headers={"accept-language": language})
    assert AS_READ[language] in page.content.decode()
    with translation.override(language):
        assert AuditEvent.objects.get(action="approval.overtaken").reason_in_words == AS_READ[language]


def test_what_the_system_asks_is_read_in_the_reader_s_language_also_in_the_audit(bank: Bank) -> None:
    with translation.override("en"):
        ask_task(
            title=Sentence("managers.asked", {"count": 3}),
            text=Sentence("managers.asked_since", {"days": 10, "period": "2026Q3"}),
            unit_id=bank.donghu.pk, due_on=NOW.date(), by=bank.zheng, now=NOW,
        )  # fmt: skip
    task, event = Task.objects.get(), AuditEvent.objects.get(action="task.asked")
    assert str(task) == event.label_in_words == "3 highly loyal customers need an account manager"
    with translation.override("zh-hans"):
        assert "highly" not in task.title_in_words + event.label_in_words
        assert "2026Q3" in task.text_in_words
    own = ask_task(title="100 %s", unit_id=bank.donghu.pk, due_on=NOW.date(), by=bank.zheng, now=NOW)
    assert (own.title_in_words, own.text_in_words) == ("100 %s", "")


def test_what_a_refused_access_asked_for_is_said_in_words(
    bank: Bank, client_of: Callable[[Any], Client]
) -> None:
    client_of(bank.chen).get(reverse("core:audit"))
    event = AuditEvent.objects.get(action="access.refused")
    assert event.reason_in_words == "Asks for: Read the audit trail"
    with translation.override("zh-hans"):
        assert "audit" not in event.reason_in_words


def test_the_page_of_the_audit_says_system_and_orders_its_acts_in_the_reader_s_way(
    bank: Bank, client_of: Callable[[Any], Client]
) -> None:
    with transaction.atomic():
        audit.record("keys.renewed", by=None, at=NOW)
        audit.record("keys.resealed", by=Operator(name="root"), at=NOW)
    own, operator = AuditEvent.objects.filter(action__startswith="keys.").order_by("pk")
    with translation.override("zh-hans"):
        assert (own.actor_in_words, operator.actor_in_words) == ("系统", "系统 root")
        words = [words for _code, words in labels.in_order(labels.Register.ACTION)]
        shown = AuditFilter({}).fields["action"].choices
    assert [text for _code, text in shown[1:]] == words
    first = [lazy_pinyin(text)[0] for text in words if not text.startswith("重")]  # which has two sounds
    assert first == sorted(first)

    event = client_of(bank.shen).get(reverse("core:audit_event", args=[own.pk])).content.decode()
    assert "reason_names" not in event
