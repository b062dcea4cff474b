"""Addresses of the API, of its description, and of the page of tokens."""

from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission
from zhike.core.navigation import Entry, Group, register_navigation
from zhike.rest.views import description, tokens
from zhike.rest.views.api import endpoints

app_name = "rest"
urlpatterns = [
    path("tokens/", tokens.token_list, name="tokens"),
    path("tokens/new/", tokens.token_issue, name="token_issue"),
    path("tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("api/v1/docs", description.docs, name="docs"),
    path("api/v1/openapi.json", description.openapi, name="openapi"),
    path("api/v1/", include((endpoints(), "v1"))),
]

register_navigation(
    Entry("rest:tokens", _("Access for programs"), "key", (Permission.TOKEN_ISSUE,), 50, Group.SYSTEM),
    Entry("rest:docs", _("Description of the API"), "file-text", (Permission.TOKEN_ISSUE,), 60, Group.ASIDE),
)
