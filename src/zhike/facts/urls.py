"""Addresses of loads, and their place in the navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission
from zhike.core.navigation import Entry, Group, register_navigation
from zhike.facts.views import imports, uploads

app_name = "facts"
urlpatterns = [
    path("imports/", imports.import_list, name="imports"),
    path("imports/new/", uploads.upload_new, name="upload_new"),
    path("imports/uploads/<int:pk>/", uploads.upload, name="upload"),
    path("imports/uploads/<int:pk>/progress/", uploads.upload_progress, name="upload_progress"),
    path("imports/<int:pk>/", imports.import_detail, name="import"),
    path("imports/<int:pk>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<int:pk>/confirm/", imports.import_confirm, name="import_confirm"),
    path("imports/<int:pk>/discard/", imports.import_discard, name="import_discard"),
    path("imports/<int:pk>/rejects/", imports.import_rejects, name="import_rejects"),
]

register_navigation(
    Entry(
        "facts:imports", _("Imports"), "database-import", (Permission.OPERATIONS_READ, Permission.IMPORT_LOAD), 5,
        Group.SYSTEM, go="I",
    ),
    Entry("facts:upload_new", _("Hand in files"), "upload", (Permission.IMPORT_LOAD,), 50, Group.ASIDE),
)  # fmt: skip
