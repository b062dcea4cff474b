"""Addresses of the screens of segments and value, and their place in the navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission
from zhike.core.navigation import Entry, register_navigation
from zhike.insight.views import (  # noqa: F401 - proposals registers what approvers see
    editor,
    model_proposals,
    models,
    proposals,
    segments,
    value,
    warnings,
)

app_name = "insight"
urlpatterns = [
    path("segments/", segments.segment_list, name="segments"),
    path("segments/new/", editor.segment_new, name="segment_new"),
    path("segments/count/", editor.segment_count, name="segment_count"),
    path("segments/fields/", segments.portrait_fields, name="fields"),
    path("segments/fields/make/", segments.portrait_ask, name="portrait_ask"),
    path("segments/<int:pk>/", segments.segment, name="segment"),
    path("segments/<int:pk>/edit/", editor.segment_edit, name="segment_edit"),
    path("segments/<int:pk>/submit/", segments.segment_submit, name="segment_submit"),
    path("segments/<int:pk>/retire/", segments.segment_retire, name="segment_retire"),
    path("segments/<int:pk>/restore/", segments.segment_restore, name="segment_restore"),
    path("segments/<int:pk>/copy/", segments.segment_copy, name="segment_copy"),
    path("insight/value/", value.models, name="value"),
    path("insight/value/study/", value.study_ask, name="value_study"),
    path("insight/value/keeping/", value.keeping, name="value_keeping"),
    path("insight/value/rfm/", value.rfm, name="value_rfm"),
    path("insight/value/cohorts/", value.cohorts, name="value_cohorts"),
    path("churn/", warnings.warning_list, name="warnings"),
    path("churn/<int:pk>/", warnings.warning, name="warning"),
    path("models/", models.model_list, name="models"),
    path("models/train/", models.model_train, name="model_train"),
    path("models/<int:pk>/", models.model_card, name="model"),
    path("models/<int:pk>/propose/", models.model_propose, name="model_propose"),
    path("models/<int:pk>/use/", models.model_use, name="model_use"),
    path("models/<int:pk>/retire/", models.model_retire, name="model_retire"),
]

register_navigation(
    Entry("insight:segments", _("Segments"), "target-arrow", (Permission.SEGMENT_READ,), order=35, go="S"),
    Entry("insight:value", _("Customer value"), "pig-money", (Permission.SEGMENT_READ,), order=37, go="V"),
)
