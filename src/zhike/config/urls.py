"""Addresses of all pages; each room keeps its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("zhike.core.urls")),
    path("", include("zhike.staff.urls")),
    path("", include("zhike.insight.urls")),
    path("", include("zhike.loyalty.urls")),
    path("", include("zhike.desk.urls")),
    path("", include("zhike.facts.urls")),
    path("", include("zhike.rest.urls")),
]

handler400 = "zhike.core.views.errors.bad_request"
handler403 = "zhike.core.views.errors.forbidden"
handler404 = "zhike.core.views.errors.not_found"
handler500 = "zhike.core.views.errors.server_error"
