"""The shared screens: each with its story, its refusal and its number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.cast import Bank
from tests.factories.people import person
from zhike.core import audit, calendar
from zhike.core.models import Approval, ApprovalState, AuditEvent, JobRun, JobState, Parameter, WorkDay
from zhike.core.operations.parameters import propose_parameter
from zhike.core.views.calendar import missing_year_notice
from zhike.staff.models import Staff

SignIn = Callable[[Staff], Client]
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def admin(bank: Bank) -> Staff:
    return person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")


@pytest.fixture
def proposal(bank: Bank) -> Approval:
    return _propose(bank, "auth.idle_minutes", 20)


def _propose(bank: Bank, code: str, value: int) -> Approval:
    row = Parameter.objects.get(code=code)
    return propose_parameter(
        parameter_id=row.pk, value=value, valid_from=timezone.localdate(), reason="午休较长", by=bank.zheng,
        now=timezone.now(),
    )  # fmt: skip


REFUSED = [
    ("/parameters/", "chen"),
    ("/parameters/auth.idle_minutes/", "chen"),
    ("/calendar/load/", "zheng"),
    ("/calendar/day/2026-10-01/", "zheng"),
    ("/audit/", "zheng"),
    ("/audit/1/", "zheng"),
    ("/operations/", "chen"),
    ("/operations/1/", "chen"),
    ("/operations/1/progress/", "chen"),
]


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize(("path", "who"), REFUSED)
def test_a_lacking_right_is_403_and_recorded(path: str, who: str, bank: Bank, client_of: SignIn) -> None:
    page = client_of(getattr(bank, who)).get(path)
    assert page.status_code == 403
    assert AuditEvent.objects.filter(action="access.refused", object_label=path).count() == 1


# --- approvals --------------------------------------------------------------------------------


def test_an_approver_decides_and_the_proposal_is_carried_out(
    bank: Bank, proposal: Approval, client_of: SignIn
) -> None:
    visitor = client_of(bank.shen)
    assert "How long a session lasts" in visitor.get("/approvals/").content.decode()
    answer = visitor.post(f"/approvals/{proposal.pk}/approve/", {"reason": ""}, follow=True)
    assert answer.redirect_chain == [("/approvals/", 302)]
    assert "Approved and carried out" in answer.content.decode()
    proposal.refresh_from_db()
    assert proposal.state == ApprovalState.APPROVED
    assert Parameter.objects.filter(code="auth.idle_minutes", value=20).exists()


def test_after_a_decision_the_next_proposal_opens(bank: Bank, proposal: Approval, client_of: SignIn) -> None:
    following = _propose(bank, "auth.lock_minutes", 45)
    answer = client_of(bank.shen).post(f"/approvals/{proposal.pk}/reject/", {"reason": "不必"})
    assert answer.url == f"/approvals/{following.pk}/"


def test_a_rejection_without_a_reason_is_refused(bank: Bank, proposal: Approval, client_of: SignIn) -> None:
    answer = client_of(bank.shen).post(f"/approvals/{proposal.pk}/reject/", {"reason": " "})
    assert answer.status_code == 422
    assert "data-error-summary" in answer.content.decode()
    proposal.refresh_from_db()
    assert proposal.state == ApprovalState.PENDING


@pytest.mark.goal("G28")
def test_the_proposer_cannot_approve(bank: Bank, proposal: Approval, client_of: SignIn) -> None:
    visitor = client_of(bank.zheng)
    assert "Withdraw" in visitor.get(f"/approvals/{proposal.pk}/").content.decode()
    assert visitor.post(f"/approvals/{proposal.pk}/approve/", {"reason": ""}).status_code == 403
    assert visitor.post(f"/approvals/{proposal.pk}/withdraw/", follow=True).status_code == 200
    proposal.refresh_from_db()
    assert proposal.state == ApprovalState.WITHDRAWN


def test_a_proposal_of_others_is_404_for_whoever_does_not_decide_it(
    bank: Bank, proposal: Approval, client_of: SignIn
) -> None:
    assert client_of(bank.chen).get(f"/approvals/{proposal.pk}/").status_code == 404


def test_the_inbox_asks_as_often_for_one_as_for_three(
    bank: Bank, proposal: Approval, client_of: SignIn, django_assert_num_queries: Any
) -> None:
    visitor = client_of(bank.shen)
    with django_assert_num_queries(14):
        visitor.get("/approvals/")
    _propose(bank, "auth.lock_minutes", 45)
    _propose(bank, "auth.password_days", 60)
    with django_assert_num_queries(14):
        visitor.get("/approvals/")


# --- parameters -------------------------------------------------------------------------------


def test_the_register_says_value_unit_and_origin(bank: Bank, client_of: SignIn) -> None:
    page = client_of(bank.zheng).get("/parameters/").content.decode()
    for words in ("How long a session lasts without activity", "minutes", "GB/T 22239-2019"):
        assert words in page


def test_a_change_is_proposed_with_a_reason(bank: Bank, client_of: SignIn) -> None:
    answer = client_of(bank.zheng).post(
        "/parameters/auth.idle_minutes/propose/",
        {"value": "20", "valid_from": timezone.localdate().isoformat(), "reason": "午休较长"},
    )
    assert answer.url == "/parameters/auth.idle_minutes/"
    assert Approval.objects.get().payload["new"] == 20


@pytest.mark.parametrize(
    ("value", "valid_from", "complaint"),
    [
        ("soon", "2099-01-01", "does not read as a value"),
        ("20", "2020-01-01", "not in the past"),
        ("15", "2099-01-01", "present value"),
        ("-1", "2099-01-01", "at least 1"),
        ("481", "2099-01-01", "at most 480"),
        ("9" * 30, "2099-01-01", "does not read as a value"),
        ("１２", "2099-01-01", "does not read as a value"),
        ("1_0", "2099-01-01", "does not read as a value"),
    ],
)
def test_a_wrong_proposal_is_refused_and_keeps_what_was_typed(
    value: str, valid_from: str, complaint: str, bank: Bank, client_of: SignIn
) -> None:
    answer = client_of(bank.zheng).post(
        "/parameters/auth.idle_minutes/propose/", {"value": value, "valid_from": valid_from, "reason": "试"}
    )
    page = answer.content.decode()
    assert (answer.status_code, complaint in page, f'value="{value}"' in page) == (422, True, True)


def test_an_unknown_parameter_is_404(bank: Bank, client_of: SignIn) -> None:
    assert client_of(bank.zheng).get("/parameters/no.such/").status_code == 404


# --- calendar ---------------------------------------------------------------------------------

YEAR_2027 = {
    "year": "2027",
    "source": "国办发明电〔2026〕9号",
    "text": "2027-01-01,休,元旦\n2027-02-06～2027-02-12,休,春节\n2027-02-14,班,",
}


@pytest.mark.requirement("S-102")
def test_a_year_is_previewed_before_it_is_loaded(admin: Staff, client_of: SignIn) -> None:
    visitor = client_of(admin)
    preview = visitor.post("/calendar/load/", YEAR_2027).content.decode()
    assert "Preview 2027" in preview
    assert not WorkDay.objects.filter(day__year=2027).exists()
    answer = visitor.post("/calendar/load/", {**YEAR_2027, "confirm": "1"}, follow=True)
    assert answer.redirect_chain == [("/calendar/2027/", 302)]
    assert WorkDay.objects.filter(day__year=2027).count() == 365
    assert WorkDay.objects.get(pk=date(2027, 2, 14)).is_working


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Paste the exceptions"),
        ("2027-13-01,休", "Line 1 cannot be read"),
        ("2027-01-01,perhaps", "Line 1 cannot be read"),
        ("2027-01-01,休\n2027-01-01,班", "a second time"),
        ("2026-01-01,休", "must belong to 2027"),
        ("2027-02-14,班", "without a holiday"),
    ],
)
def test_a_wrong_arrangement_is_refused_with_its_line(
    text: str, complaint: str, admin: Staff, client_of: SignIn
) -> None:
    answer = client_of(admin).post("/calendar/load/", {**YEAR_2027, "text": text, "confirm": "1"})
    assert (answer.status_code, complaint in answer.content.decode()) == (422, True)
    assert not WorkDay.objects.filter(day__year=2027).exists()


def test_a_day_is_corrected_with_a_reason(admin: Staff, client_of: SignIn) -> None:
    answer = client_of(admin).post(
        "/calendar/day/2026-12-31/", {"is_working": "0", "name": "", "reason": "总行通知"}, follow=True
    )
    assert answer.redirect_chain == [("/calendar/2026/", 302)]
    assert not WorkDay.objects.get(pk=date(2026, 12, 31)).is_working


def test_a_year_that_is_missing_is_said_not_guessed(bank: Bank, client_of: SignIn) -> None:
    assert "This year is not loaded yet" in client_of(bank.chen).get("/calendar/2031/").content.decode()


@pytest.mark.parametrize("iso", ["2031-01-01", "yesterday"])
def test_a_day_outside_the_calendar_is_404(iso: str, admin: Staff, client_of: SignIn) -> None:
    assert client_of(admin).get(f"/calendar/day/{iso}/").status_code == 404


# --- audit ------------------------------------------------------------------------------------


@pytest.mark.requirement("L-32")
def test_the_trail_is_filtered_by_person_and_outcome(bank: Bank, client_of: SignIn) -> None:
    client_of(bank.chen).get("/audit/")
    visitor = client_of(bank.shen)
    refused = visitor.get("/audit/?actor=A001&outcome=REFUSED").content.decode()
    assert "Right refused" in refused
    assert "No event matches" in visitor.get("/audit/?actor=Z999&first=never").content.decode()


def test_a_filter_that_cannot_be_read_shows_everything(bank: Bank, client_of: SignIn) -> None:
    assert client_of(bank.shen).get("/audit/?first=never&customer=x").status_code == 200


def test_htmx_gets_the_rows_alone(bank: Bank, client_of: SignIn) -> None:
    part = client_of(bank.shen).get("/audit/", headers={"hx-request": "true"})
    assert (part.status_code, "<html" in part.content.decode()) == (200, False)
    assert "HX-Request" in part["Vary"]


def test_an_event_shows_what_changed(bank: Bank, proposal: Approval, client_of: SignIn) -> None:
    event = AuditEvent.objects.get(action="approval.proposed")
    page = client_of(bank.shen).get(f"/audit/{event.pk}/").content.decode()
    assert "not sealed yet" in page
    assert "auth.idle_minutes" in page


# --- jobs -------------------------------------------------------------------------------------


@pytest.fixture
def run(db: None) -> JobRun:
    return JobRun.objects.create(
        job="facts.import", as_of=date(2026, 9, 30), state=JobState.RUNNING, asked_by="C002 吴越", asked_at=NOW,
        started_at=NOW, total_count=200, done_count=50,
    )  # fmt: skip


@pytest.mark.requirement("L-21")
def test_a_running_job_asks_for_its_progress_until_it_ends(
    bank: Bank, run: JobRun, client_of: SignIn
) -> None:
    visitor = client_of(bank.wu)
    assert 'hx-trigger="every 5s"' in visitor.get("/operations/").content.decode()
    moving = visitor.get(f"/operations/{run.pk}/progress/").content.decode()
    assert ("50 of 200" in moving, "hx-trigger" in moving) == (True, True)
    JobRun.objects.filter(pk=run.pk).update(state=JobState.DONE, finished_at=NOW + timedelta(seconds=9))
    assert "hx-trigger" not in visitor.get(f"/operations/{run.pk}/progress/").content.decode()


@pytest.mark.requirement("L-21")
def test_a_failed_job_says_why(bank: Bank, run: JobRun, client_of: SignIn) -> None:
    JobRun.objects.filter(pk=run.pk).update(
        state=JobState.FAILED, finished_at=NOW, error="IntakeRefused: row 17 <script>"
    )
    page = client_of(bank.wu).get(f"/operations/{run.pk}/").content.decode()
    assert "row 17 &lt;script&gt;" in page


def test_the_list_of_jobs_asks_as_often_for_one_as_for_three(
    bank: Bank, run: JobRun, client_of: SignIn, django_assert_num_queries: Any
) -> None:
    visitor = client_of(bank.wu)
    with django_assert_num_queries(15):
        visitor.get("/operations/")
    for key in ("a", "b"):
        JobRun.objects.create(job="facts.import", as_of=date(2026, 9, 30), key=key, asked_at=NOW)
    with django_assert_num_queries(15):
        visitor.get("/operations/")


# --- input nobody means -----------------------------------------------------------------------


@pytest.mark.goal("G21")
@pytest.mark.parametrize("text", ["²", "-1", "1e9", "9" * 30, "２０", "20 ", "\x00"])
def test_a_page_size_that_is_no_number_is_the_usual_one(text: str, bank: Bank, client_of: SignIn) -> None:
    assert client_of(bank.shen).get("/audit/", {"size": text}).status_code == 200


@pytest.mark.goal("G21")
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1889-01-01"])
def test_a_day_no_moment_can_be_made_of_is_refused_beside_the_field(
    day: str, bank: Bank, client_of: SignIn
) -> None:
    page = client_of(bank.shen).get("/audit/", {"first": day, "last": day})
    assert page.status_code == 200


@pytest.mark.goal("G35")
@pytest.mark.parametrize(
    ("today", "is_missed"),
    [(date(2026, 9, 1), False), (date(2026, 12, 31), True), (date(2027, 1, 5), True)],
)
def test_the_calendar_is_missed_before_its_year_and_in_it(
    today: date, is_missed: bool, admin: Staff, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhike.core.views.calendar.timezone.localdate", lambda: today)
    request = rf.get("/")
    request.user = admin
    assert ("calendar of 2027 is not loaded" in missing_year_notice(request)) is is_missed


@pytest.mark.goal("G35")
def test_a_year_with_a_hole_counts_as_missing(bank: Bank) -> None:
    assert calendar.is_loaded(2026)
    WorkDay.objects.filter(day=date(2026, 7, 1)).delete()
    assert not calendar.is_loaded(2026)
    assert 2026 not in calendar.years_loaded()


@pytest.mark.requirement("L-36")
def test_the_audit_knows_a_customer_by_number_and_finds_what_concerns_them(
    bank: Bank, client_of: SignIn
) -> None:
    with transaction.atomic():
        audit.read(bank.zhang_wei, fields=["phone"], purpose="回访", by=bank.chen, at=NOW)
        audit.record("test.done", by=bank.chen, at=NOW, customer_id=bank.zhang_wei.pk, reason="另一事项")
        audit.record("test.done", by=bank.chen, at=NOW, customer_id=bank.li_na.pk, reason="他人事项")
    event = AuditEvent.objects.get(action="customer.revealed")
    assert event.object_label == bank.zhang_wei.customer_no
    assert bank.zhang_wei.name not in str(vars(event))
    page = client_of(bank.shen).get("/audit/", {"customer": bank.zhang_wei.customer_no}).content.decode()
    assert ("另一事项" in page, "他人事项" in page) == (True, False)
