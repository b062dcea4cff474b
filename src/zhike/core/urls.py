"""Addresses of the shared screens, and their places in the navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission
from zhike.core.navigation import Entry, Group, register_navigation, register_notice
from zhike.core.views import approvals, audit, calendar, gallery, operations, pages, parameters, webhooks

app_name = "core"
urlpatterns = [
    path("home/", pages.home, name="home"),
    path("menu/", pages.menu, name="menu"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:pk>/", approvals.detail, name="approval"),
    path("approvals/<int:pk>/approve/", approvals.approve, name="approval_approve"),
    path("approvals/<int:pk>/reject/", approvals.reject, name="approval_reject"),
    path("approvals/<int:pk>/withdraw/", approvals.withdraw, name="approval_withdraw"),
    path("approvals/<int:pk>/give-up/", approvals.give_up, name="approval_give_up"),
    *[
        path(f"approvals/{box}/", approvals.inbox, {"box": box}, name=f"approvals_{box}")
        for box in approvals.BOXES
    ],
    path("parameters/", parameters.register, name="parameters"),
    path("parameters/<str:code>/", parameters.detail, name="parameter"),
    path("parameters/<str:code>/propose/", parameters.propose, name="parameter_propose"),
    path("calendar/", calendar.year, name="calendar"),
    path("calendar/load/", calendar.load, name="calendar_load"),
    path("calendar/<int:number>/", calendar.year, name="calendar_year"),
    path("calendar/day/<str:iso>/", calendar.day, name="calendar_day"),
    path("audit/", audit.trail, name="audit"),
    path("audit/<int:pk>/", audit.event, name="audit_event"),
    path("webhooks/", webhooks.webhook_list, name="webhooks"),
    path("webhooks/new/", webhooks.propose, name="webhook_propose"),
    path("webhooks/<int:pk>/", webhooks.detail, name="webhook"),
    path("webhooks/<int:pk>/pause/", webhooks.pause, name="webhook_pause"),
    path("webhooks/<int:pk>/resume/", webhooks.resume, name="webhook_resume"),
    path("webhooks/<int:pk>/end/", webhooks.end, name="webhook_end"),
    path("webhooks/<int:pk>/deliveries/<int:delivery>/resend/", webhooks.resend, name="webhook_resend"),
    path("operations/", operations.runs, name="operations"),
    path("operations/<int:pk>/", operations.run, name="operation"),
    path("operations/<int:pk>/progress/", operations.progress, name="operation_progress"),
]

register_navigation(
    Entry(
        "core:approvals", _("Approvals"), "checklist", (Permission.WORK_OPEN,), 70,
        go="A", count=approvals.waiting_count,
    ),
    Entry("core:operations", _("Jobs and loads"), "server", (Permission.OPERATIONS_READ,), 10, Group.SYSTEM, go="O"),
    Entry("core:parameters", _("Parameters"), "adjustments", parameters.READERS, 20, Group.SYSTEM, go="P"),
    Entry("core:calendar", _("Calendar"), "calendar", (Permission.CALENDAR_CHANGE,), 30, Group.SYSTEM),
    Entry("core:webhooks", _("Webhooks"), "send", webhooks.READERS, 60, Group.SYSTEM),
    Entry("core:audit", _("Audit"), "history", (Permission.AUDIT_READ,), 90, Group.SYSTEM),
)  # fmt: skip
register_notice(calendar.missing_year_notice)
