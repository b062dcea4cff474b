"""Tampering with the audit, class by class: each must be found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import translation

from tests.cast import Bank
from zhike.core import audit
from zhike.core.keys.custody import custody
from zhike.core.models import AuditCheckpoint, AuditEvent, AuditSeal
from zhike.core.operations import sealing
from zhike.core.queries.audit_problems import SENTENCES, AuditProblem, Fault, sentences_of

pytestmark = pytest.mark.goal("G29")
FOUND_BY_THE_WITNESS = {Fault.WITNESS_HEAD, Fault.CHECKPOINT_LOST, Fault.CHECKPOINT_UNWITNESSED}
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def sealed(bank: Bank, django_capture_on_commit_callbacks: Callable[..., object]) -> Bank:
    """Two sealed stretches of three events, each with a witnessed checkpoint."""
    custody().witness_file().unlink(missing_ok=True)
    for _ in range(2):
        for number in range(3):
            audit.record("test.done", by=bank.zheng, at=NOW, detail={"number": number})
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            assert sealing.seal(now=datetime.now(UTC)) == 3
    return bank


def test_an_untouched_audit_is_whole(sealed: Bank) -> None:
    verdict = sealing.verify()
    assert (verdict.problems, verdict.sealed, verdict.checkpoints) == ([], 6, 2)


def test_events_not_yet_sealed_raise_no_false_alarm(sealed: Bank) -> None:
    audit.record("test.done", by=sealed.zheng, at=NOW)
    assert sealing.verify().ok


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def first() -> int:
    return AuditEvent.objects.order_by("id").values_list("id", flat=True)[0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET actor = 'somebody else' WHERE id = {first}",
        "UPDATE core_auditevent SET recorded_at = recorded_at - interval '1 second' WHERE id = {first}",
        "UPDATE core_auditevent SET detail = '{{}}' WHERE id = {first}",
        "UPDATE core_auditevent SET outcome = 'REFUSED' WHERE id = {first}",
        "DELETE FROM core_auditevent WHERE id = {first}",
        "DELETE FROM core_auditseal WHERE seq = 2",
        "DELETE FROM core_auditseal WHERE seq = 6",
        "UPDATE core_auditseal SET hash = previous WHERE seq = 3",
        "UPDATE core_auditseal SET seq = seq + 10 WHERE seq > 4",
        "DELETE FROM core_auditcheckpoint WHERE size = 6",
        "UPDATE core_auditcheckpoint SET head = '\\x00' WHERE size = 3",
        "UPDATE core_auditcheckpoint SET signed_at = now() WHERE size = 3",
    ],
)
def test_a_changed_database_is_found(sealed: Bank, statement: str) -> None:
    run(statement.format(first=first()))
    assert not sealing.verify().ok


def test_a_chain_cut_off_with_its_checkpoint_is_found_by_the_witness(sealed: Bank) -> None:
    run("DELETE FROM core_auditseal WHERE seq > 3")
    run("DELETE FROM core_auditcheckpoint WHERE size > 3")
    run(f"DELETE FROM core_auditevent WHERE id > {AuditSeal.objects.get(seq=3).event_id}")
    assert {problem.fault for problem in sealing.verify().problems} & FOUND_BY_THE_WITNESS


def test_a_chain_rewritten_as_a_whole_is_found_by_the_witness(sealed: Bank) -> None:
    """Somebody with every right in the database and the signing key, but without the witness file."""
    run(f"UPDATE core_auditevent SET actor = 'nobody' WHERE id = {first()}")
    AuditSeal.objects.all().delete()
    AuditCheckpoint.objects.all().delete()
    sealing.seal(now=datetime.now(UTC))
    assert {problem.fault for problem in sealing.verify().problems} & FOUND_BY_THE_WITNESS


def test_a_witness_that_was_edited_or_lost_is_found(sealed: Bank) -> None:
    path = custody().witness_file()
    lines = path.read_text("utf-8").splitlines()
    path.write_text(lines[0].replace("2026", "2025") + "\n" + lines[1] + "\n", "utf-8")
    assert not sealing.verify().ok
    path.write_text("not a line of ours\n" + "\n".join(lines) + "\n", "utf-8")
    assert Fault.WITNESS_UNREADABLE in {problem.fault for problem in sealing.verify().problems}
    path.unlink()
    assert sealing.verify().problems == [AuditProblem(Fault.WITNESS_MISSING)]


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_fault_has_its_sentence_in_every_language(language: str) -> None:
    figures = {"seal": 11, "event": 12, "size": 13, "line": 14}
    with translation.override(language):
        told = {fault: AuditProblem(fault, figures).sentence() for fault in Fault}
        kept = sentences_of([AuditProblem(fault, figures).as_detail() for fault in Fault])
    assert list(told) == list(SENTENCES)
    assert kept == list(told.values())
    assert len(set(kept)) == len(Fault)
    assert all(sentence.isascii() == (language == "en") for sentence in kept)


def test_sentences_that_older_events_keep_are_shown_as_they_are() -> None:
    assert sentences_of(["seal 3 is missing"]) == ["seal 3 is missing"]


def test_a_late_transaction_is_sealed_later(sealed: Bank) -> None:
    """Numbers are given at sealing: an event with a lower id that arrives late breaks nothing."""
    run(
        "INSERT INTO core_auditevent (id, actor, action, outcome, on_behalf_of, object_type, object_id, object_label,"
        " reason, detail) OVERRIDING SYSTEM VALUE VALUES (0, 'late', 'test.done', 'DONE', '', '', '', '', '', '{}')"
    )
    assert sealing.seal(now=datetime.now(UTC)) == 1
    assert AuditSeal.objects.get(event_id=0).seq == 7


FORGED = (
    "INSERT INTO core_auditevent (id, actor, action, outcome, on_behalf_of, object_type, object_id, object_label,"
    " reason, detail, recorded_at) OVERRIDING SYSTEM VALUE VALUES"
    " ({number}, 'forged', 'test.done', 'DONE', '', '', '', '', '', '{{}}', {time})"
)


def forge(*, number: str = "0", time: str = "now()") -> None:
    """Put in an event of one's own, as somebody may who owns the database."""
    run(FORGED.format(number=number, time=time))


def faults() -> set[Fault]:
    return {problem.fault for problem in sealing.verify().problems} - {Fault.CHECKPOINT_UNWITNESSED}


@pytest.mark.parametrize(
    ("time", "fault"),
    [
        ("now() - interval '21 days'", Fault.EVENT_BACKDATED),
        ("now() - interval '7 hours'", Fault.EVENT_BACKDATED),
        ("now() + interval '1 hour'", Fault.EVENT_AHEAD),
    ],
)
def test_a_forged_event_of_another_time_is_found_although_it_was_sealed(
    sealed: Bank, time: str, fault: Fault
) -> None:
    forge(time=time)
    assert sealing.seal(now=datetime.now(UTC)) == 1
    assert faults() == {fault}


def test_an_event_of_a_transaction_of_hours_raises_no_alarm(sealed: Bank) -> None:
    forge(time="now() - interval '5 hours'")
    assert sealing.seal(now=datetime.now(UTC)) == 1
    assert faults() == set()


def test_events_that_a_stopped_sealer_has_left_raise_no_alarm_once_they_are_sealed(
    bank: Bank, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    custody().witness_file().unlink(missing_ok=True)
    for days in (30, 20):  # nobody sealed between
        forge(number=str(-days), time=f"now() - interval '{days} days'")
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            sealing.seal(now=datetime.now(UTC) - timedelta(days=days) + timedelta(minutes=1))
    assert sealing.verify().problems == []


def test_an_event_with_a_number_that_was_never_given_out_is_found(sealed: Bank) -> None:
    forge(number="(SELECT max(id) + 1000 FROM core_auditevent)")
    assert sealing.seal(now=datetime.now(UTC)) == 1
    assert faults() == {Fault.EVENT_NUMBER}


def test_a_forged_high_number_does_not_hide_the_events_that_follow(sealed: Bank) -> None:
    forge(number="(SELECT max(id) + 1000 FROM core_auditevent)")
    assert sealing.seal(now=datetime.now(UTC)) == 1
    true = audit.record("test.done", by=sealed.zheng, at=NOW)
    assert sealing.seal(now=datetime.now(UTC), after=sealing.sealed_up_to()) == 1
    assert AuditSeal.objects.filter(event_id=true.pk).exists()


def test_an_event_that_is_not_sealed_in_time_is_found(sealed: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "LOOK_AGAIN_SECONDS", 0)
    forge(time="now() - interval '2 minutes'")
    assert sealing.verify().problems == [AuditProblem(Fault.EVENT_UNSEALED, {"event": 0})]


def test_audit_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(audit.AuditOutsideTransaction):
        audit.record("test.done", by=None, at=NOW)
