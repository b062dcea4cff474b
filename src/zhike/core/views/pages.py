"""The list of all pages: home, and the phone's "more"."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.ui import Shell


@requires(Permission.WORK_OPEN)
def home(request: HttpRequest) -> HttpResponse:
    """To the first page of one's own navigation."""
    return redirect(Shell(request).home)


@requires(Permission.WORK_OPEN)
def menu(request: HttpRequest) -> HttpResponse:
    return render(request, "core/menu.html")
