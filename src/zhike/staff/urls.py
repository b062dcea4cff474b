"""Addresses of people and places, and their places in the navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission
from zhike.core.navigation import Entry, Group, register_navigation, register_notice
from zhike.staff.enums import AccountAct
from zhike.staff.views import accounts, own_account, people, provider, settings, signing_in, stand_ins, tasks

app_name = "staff"
urlpatterns = [
    path("login/", signing_in.login, name="login"),
    path("login/emergency/", signing_in.login, {"is_emergency": True}, name="emergency"),
    path("login/provider/", provider.begin, name="provider"),
    path("login/provider/back/", provider.back, name="provider_back"),
    path("login/code/", signing_in.second_factor, name="second_factor"),
    path("login/password/", signing_in.new_password, name="new_password"),
    path("logout/", signing_in.logout, name="logout"),
    path("settings/", settings.settings, name="settings"),
    path("settings/password/", settings.password, name="password"),
    path("settings/second-factor/", own_account.second_factor, name="own_second_factor"),
    path("settings/sessions/", own_account.own_sessions, name="sessions"),
    path("settings/sessions/others/", own_account.end_others, name="sessions_end"),
    path("settings/sessions/<slug:mark>/end/", own_account.end_session, name="session_end"),
    path("settings/appearance/", settings.appearance, name="appearance"),
    path("tasks/", tasks.task_list, name="tasks"),
    path("tasks/ours/", tasks.task_list, {"box": "ours"}, name="tasks_ours"),
    path("tasks/mine/", tasks.task_list, {"box": "mine"}, name="tasks_mine"),
    path("tasks/closed/", tasks.task_list, {"box": "closed"}, name="tasks_closed"),
    path("tasks/overseen/", tasks.overseen, name="tasks_overseen"),
    path("tasks/ask/", tasks.ask, name="task_ask"),
    path("tasks/<int:pk>/", tasks.detail, name="task"),
    path("tasks/<int:pk>/close/", tasks.close, name="task_close"),
    path("tasks/<int:pk>/cancel/", tasks.cancel, name="task_cancel"),
    path("staff/", people.staff_list, name="staff"),
    path("staff/<int:pk>/", people.person, name="person"),
    path("staff/<int:pk>/role/", people.propose_role, name="role_propose"),
    path("staff/accounts/", accounts.account_list, name="accounts"),
    path("staff/<int:pk>/account/", accounts.account, name="account"),
    *[
        path(f"staff/<int:pk>/account/{code}/", accounts.act, {"code": code}, name=f"account_{code}")
        for code in AccountAct.values
    ],
    path("staff/roles/<int:pk>/end/", people.end_role, name="role_end"),
    path("staff/units/", people.units, name="units"),
    path("staff/rights/", people.rights, name="rights"),
    path("staff/stand-ins/", stand_ins.stand_ins, name="stand_ins"),
    path("staff/stand-ins/new/", stand_ins.stand_in, name="stand_in"),
    path("staff/stand-ins/<int:pk>/end/", stand_ins.end_stand_in, name="stand_in_end"),
]

register_navigation(
    Entry(
        "staff:tasks", _("Tasks"), "list-check", (Permission.WORK_OPEN,), 60, go="T", count=tasks.open_count
    ),
    Entry("staff:staff", _("People and units"), "users-group", (Permission.STAFF_READ,), 40, Group.SYSTEM),
    Entry("staff:task_ask", _("Ask a task"), "plus", (Permission.TASK_CREATE,), 10, Group.ASIDE),
    Entry("staff:units", _("Units"), "building", (Permission.STAFF_READ,), 40, Group.ASIDE),
    Entry("staff:rights", _("Roles and rights"), "shield-lock", (Permission.WORK_OPEN,), 41, Group.ASIDE),
    Entry("staff:stand_ins", _("Stand-ins"), "users", (Permission.STAFF_READ,), 42, Group.ASIDE),
    Entry("staff:password", _("Change password"), "key", (Permission.WORK_OPEN,), 70, Group.ASIDE),
    Entry(
        "staff:own_second_factor", _("Second factor"), "shield-lock", (Permission.WORK_OPEN,), 71, Group.ASIDE
    ),
    Entry("staff:sessions", _("My sessions"), "login", (Permission.WORK_OPEN,), 72, Group.ASIDE),
)
register_notice(stand_ins.acting_notice)
