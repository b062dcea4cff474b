"""Signing in, step by step: password or the bank's sign-in service, second factor, a new password where one is due,
then the session.

Nobody is signed in before the last step. Between the steps the session holds only who has given the right
password and when; a step that takes too long begins again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import segno
from django.conf import settings
from django.contrib.auth import login as begin_session
from django.contrib.auth import logout as end_session
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from zhike.core import parameters
from zhike.core.access.guard import open_to_all
from zhike.core.returning import own_address
from zhike.core.ui import UNPROCESSABLE, answer
from zhike.staff import provider
from zhike.staff.forms import CodeForm, LoginForm, PasswordForm
from zhike.staff.middleware import CONFIRMED
from zhike.staff.models import Staff
from zhike.staff.models.sessions import ADDRESS, BEGUN, BROWSER, SEEN
from zhike.staff.operations import signing_in

BACKEND = "zhike.staff.backends.StaffNumberBackend"
HALF_WAY = "half_signed_in"
SECRET = "second_factor_secret"  # noqa: S105 - the name of a session entry
ID_TOKEN = "provider_id_token"  # noqa: S105 - the name of a session entry
STEP_TIME = timedelta(minutes=10)
FORM_PAGE = ["GET", "POST"]


@open_to_all
@require_http_methods(FORM_PAGE)
def login(request: HttpRequest, *, is_emergency: bool = False) -> HttpResponse:
    """Staff number and password, the bank's own sign-in service, or both: as the bank has set it.

    Where passwords of ours are for emergencies only, the form stands on a page of its own.
    """
    if request.htmx:  # type: ignore[attr-defined]
        # A part of a page asked after its session had ended: the whole page goes to sign in.
        try:
            here = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        except ValueError:  # a header that no browser sends
            here = "/"
        return HttpResponseClientRedirect(f"{reverse('staff:login')}?next={here}")
    if is_emergency and settings.LOCAL_SIGN_IN == "everybody":
        return redirect("staff:login")
    form = LoginForm(request.POST or None)
    if form.is_valid():
        now = timezone.now()
        try:
            person = signing_in.check_login(**form.cleaned_data, now=now)
        except signing_in.SignInRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            begin_steps(request, person, then=wanted(request), now=now)
            return next_step(request, person, now=now)
    context = {
        "asked": wanted(request),
        "idle_minutes": parameters.value("auth.idle_minutes", on=timezone.localdate()),
        "provider": provider_name() if provider.is_used() and not is_emergency else "",
        "has_form": is_emergency or settings.LOCAL_SIGN_IN == "everybody" or form.is_bound,
        "is_emergency": is_emergency,
    }
    return answer(request, "staff/login.html", context, form=form)


@open_to_all
@require_http_methods(FORM_PAGE)
def second_factor(request: HttpRequest) -> HttpResponse:
    """The code of the authenticator; for the first time, together with setting it up."""
    now = timezone.now()
    person = _half_way(request, now=now)
    if person is None:
        return redirect("staff:login")
    enrols = not person.second_factor
    secret = request.session.setdefault(SECRET, signing_in.new_secret()) if enrols else ""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        code = form.cleaned_data["code"]
        try:
            if enrols:
                signing_in.enrol_second_factor(person=person, secret=secret, code=code, now=now)
            else:
                signing_in.check_second_factor(person=person, code=code, now=now)
        except signing_in.AccountLocked as locked:
            return _ended(request, person, locked)
        except signing_in.SignInRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            request.session.pop(SECRET, None)
            request.session[HALF_WAY] = {**request.session[HALF_WAY], "confirmed": True}
            return next_step(request, person, now=now)
    context = {"person": person, "enrols": enrols, "demo_code": signing_in.code_in_demo(person, now=now)}
    if enrols:
        context |= enrolment(person, secret)
    return answer(request, "staff/second_factor.html", context, form=form)


@open_to_all
@require_http_methods(FORM_PAGE)
def new_password(request: HttpRequest) -> HttpResponse:
    """A password that is due for change is changed before the session begins."""
    now = timezone.now()
    person = _half_way(request, now=now)
    if person is None or not _is_confirmed(request, person):
        return redirect("staff:login")
    form = PasswordForm(request.POST or None)
    if form.is_valid() and changed(form, person, now=now):
        return next_step(request, person, now=now)
    return answer(request, "staff/new_password.html", {"person": person}, form=form)


@open_to_all
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    id_token = request.session.get(ID_TOKEN, "")
    if request.user.is_authenticated:
        signing_in.sign_out(person=request.user, now=timezone.now())
        end_session(request)
    if not id_token:
        return redirect("staff:login")
    # A link and no redirection: a form of ours may not send a browser to another host (the page's policy).
    end = provider.address_to_end(id_token, back=request.build_absolute_uri(reverse("staff:login")))
    return answer(request, "staff/signed_out.html", {"end": end, "provider": provider_name()})


def provider_name() -> str:
    """What the bank calls its sign-in service."""
    return settings.OIDC_NAME or _("the bank's sign-in service")


def begin_steps(
    request: HttpRequest,
    person: Staff,
    *,
    then: str,
    identity: provider.Identity | None = None,
    now: datetime,
) -> None:
    """Note in the session who has given the right password, or was proven by the sign-in service as `identity`,
    and where to go on to; under a new key, so that nobody else's knowledge of the old one helps."""
    request.session.cycle_key()
    request.session[HALF_WAY] = {
        "person": person.pk,
        "version": person.version,
        "at": now.isoformat(),
        "next": then,
        "confirmed": identity is not None and identity.is_confirmed,
        "id_token": identity.id_token if identity else "",
    }


def enrolment(person: Staff, secret: str) -> dict[str, str]:
    """What a page shows to set up an authenticator: the picture, and the secret to type instead."""
    address = f"otpauth://totp/Zhike:{person.staff_no}?secret={secret}&issuer=Zhike"
    return {"qr": segno.make(address).svg_data_uri(scale=4), "secret": _in_fours(secret)}


def changed(form: PasswordForm, person: Staff, *, now: datetime) -> bool:
    """Whether the form's new password was accepted; refusals are put beside their fields."""
    entered = form.cleaned_data
    try:
        signing_in.change_password(person=person, old=entered["old"], new=entered["new"], now=now)
    except signing_in.SignInRefused as refusal:
        form.add_error("old", str(refusal))
    except ValidationError as refusal:
        form.add_error("new", refusal)
    return not form.errors


def next_step(request: HttpRequest, person: Staff, *, now: datetime) -> HttpResponse:
    """What is still to be done before the session begins; then the session, and the page that was asked for."""
    if not _is_confirmed(request, person):
        return redirect("staff:second_factor")
    id_token = request.session[HALF_WAY]["id_token"]
    if not id_token and signing_in.must_change_password(person, now=now):
        return redirect("staff:new_password")
    half_way = request.session.pop(HALF_WAY)
    begin_session(request, person, backend=BACKEND)
    request.session[BEGUN] = request.session[SEEN] = now.timestamp()
    request.session[ADDRESS] = request.META.get("REMOTE_ADDR") or None
    request.session[BROWSER] = request.headers.get("User-Agent", "")
    if id_token:
        request.session[ID_TOKEN] = id_token
    signing_in.complete_sign_in(person=person, by_provider=bool(id_token), now=now)
    if half_way["confirmed"]:
        request.session[CONFIRMED] = now.timestamp()
    return redirect(half_way["next"] or "core:home")


def _half_way(request: HttpRequest, *, now: datetime) -> Staff | None:
    half_way = request.session.get(HALF_WAY)
    if half_way is None or now - datetime.fromisoformat(half_way["at"]) > STEP_TIME:
        return None
    # An act on the account since the password was given, a reset above all, begins the sign-in anew; a lock too.
    known = Staff.objects.filter(pk=half_way["person"], version=half_way.get("version"), is_active=True)
    return known.exclude(locked_until__gt=now).first()


def _ended(request: HttpRequest, person: Staff, locked: signing_in.AccountLocked) -> HttpResponse:
    """The sign-in that was half way is over: the page says until when, and asks for nothing more."""
    request.session.flush()
    response = answer(request, "staff/second_factor.html", {"person": person, "locked": str(locked)})
    response.status_code = UNPROCESSABLE
    return response


def _is_confirmed(request: HttpRequest, person: Staff) -> bool:
    needed = person.must_confirm or bool(person.second_factor)
    return not needed or request.session[HALF_WAY]["confirmed"]


def wanted(request: HttpRequest) -> str:
    """The page of ours to go on to, '' for none."""
    return own_address(request, request.POST.get("next") or request.GET.get("next", ""))


def _in_fours(secret: str) -> str:
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
