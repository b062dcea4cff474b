"""Access for programs: one's own tokens, a new one shown once, an old one ended."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from zhike.core import parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.ui import answer, say
from zhike.rest.enums import SCOPES
from zhike.rest.forms import TokenForm
from zhike.rest.models import ApiToken
from zhike.rest.operations import tokens
from zhike.rest.queries.tokens import scopes_open_to, tokens_of

COLUMNS = [
    Column("name", gettext_lazy("What it is for")),
    Column("scopes", gettext_lazy("Rights")),
    Column("issued", gettext_lazy("Issued")),
    Column("ends", gettext_lazy("Ends on")),
    Column("used", gettext_lazy("Last used")),
    Column("state", gettext_lazy("State")),
    Column("act", ""),
]


@requires(Permission.TOKEN_ISSUE)
def token_list(request: HttpRequest) -> HttpResponse:
    rows = tokens_of(request.user, on=timezone.localdate())
    list_page = ListPage(request, rows, columns=COLUMNS)
    shown = [(row, [SCOPES[Permission(right)] for right in row.scopes]) for row in list_page.page]
    return answer(request, "rest/tokens.html", {"list": list_page, "rows": shown})


@requires(Permission.TOKEN_ISSUE)
def token_issue(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    longest = parameters.value("token.max_days", on=today)
    form = TokenForm(
        request.POST or None, open_scopes=scopes_open_to(request.user),
        initial={"expires_on": today + timedelta(days=longest)},
    )  # fmt: skip
    if form.is_valid():
        try:
            issued = tokens.issue_token(by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return answer(request, "rest/token_issued.html", {"token": issued.token, "secret": issued.secret})
    return answer(request, "rest/token_issue.html", {"longest": longest}, form=form)


@requires(Permission.TOKEN_ISSUE)
@require_http_methods(["GET", "POST"])
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first: a program that runs stops with it."""
    token = get_object_or_404(ApiToken.objects.filter(staff=request.user), pk=pk)
    if request.method == "GET" and not token.revoked_at:
        return answer(request, "rest/token_end.html", {"token": token})
    try:
        tokens.revoke_token(token_id=token.pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        say(request, str(refusal))
    else:
        say(request, _("“%(name)s” has been ended; the next call with it is refused.") % {"name": token.name})
    return redirect("rest:tokens")
