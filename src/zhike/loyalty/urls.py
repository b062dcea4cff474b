"""Addresses of the loyalty screens, and their places in the navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission
from zhike.core.navigation import Entry, Group, register_navigation
from zhike.loyalty.views import (  # noqa: F401 - proposals registers what approvers see
    changes,
    customers,
    effects,
    proposals,
    replacing,
    reports,
    runs,
    schemes,
    sheets,
    unkept,
    weight_sets,
    what_ifs,
)

app_name = "loyalty"
urlpatterns = [
    path("loyalty/", runs.run_list, name="runs"),
    path("loyalty/runs/start/", runs.run_start, name="run_start"),
    path("loyalty/runs/<int:pk>/", runs.run, name="run"),
    path("loyalty/runs/<int:pk>/report/", reports.run_report, name="run_report"),
    path("loyalty/runs/<int:pk>/against/", replacing.run_against, name="run_against"),
    path("loyalty/runs/<int:pk>/progress/", runs.run_progress, name="run_progress"),
    path("loyalty/runs/<int:pk>/sample/", runs.run_sample, name="run_sample"),
    path("loyalty/runs/<int:pk>/review/", runs.run_review, name="run_review"),
    path("loyalty/runs/<int:pk>/publish/", runs.run_publish, name="run_publish"),
    path("loyalty/runs/<int:pk>/void/", runs.run_void, name="run_void"),
    path("loyalty/runs/<int:pk>/restart/", runs.run_restart, name="run_restart"),
    path("loyalty/runs/<int:pk>/what-if/", what_ifs.what_if, name="what_if"),
    path("loyalty/runs/<int:pk>/what-if/keep/", what_ifs.what_if_keep, name="what_if_keep"),
    path("loyalty/runs/<int:pk>/what-if/draft/", what_ifs.what_if_draft, name="what_if_draft"),
    path("loyalty/runs/<int:pk>/what-if/weigh/", what_ifs.what_if_weigh, name="what_if_weigh"),
    path("loyalty/what-ifs/<int:pk>/delete/", what_ifs.what_if_delete, name="what_if_delete"),
    path("loyalty/schemes/", schemes.scheme_list, name="schemes"),
    path("loyalty/schemes/draft/", schemes.scheme_draft, name="scheme_draft"),
    path("loyalty/schemes/<int:pk>/", schemes.scheme, name="scheme"),
    path("loyalty/schemes/<int:pk>/try/", schemes.scheme_try, name="scheme_try"),
    path("loyalty/schemes/<int:pk>/trial/", schemes.scheme_trial, name="scheme_trial"),
    path("loyalty/schemes/<int:pk>/submit/", schemes.scheme_submit, name="scheme_submit"),
    path("loyalty/schemes/<int:pk>/next/", schemes.scheme_next, name="scheme_next"),
    path("loyalty/schemes/<int:pk>/withdraw/", schemes.scheme_withdraw, name="scheme_withdraw"),
    path("loyalty/schemes/<int:pk>/retire/", schemes.scheme_retire, name="scheme_retire"),
    path("loyalty/schemes/<int:pk>/weights/add/", weight_sets.weight_set_add, name="weight_set_add"),
    path(
        "loyalty/schemes/<int:pk>/weights/<slug:code>/remove/",
        weight_sets.weight_set_remove,
        name="weight_set_remove",
    ),
    path("loyalty/indicators/", schemes.indicators, name="indicators"),
    path("loyalty/changes/", changes.change_list, name="changes"),
    path("loyalty/changes/<int:pk>/follow/", changes.follow, name="follow"),
    path("loyalty/follow-ups/<int:pk>/withdraw/", changes.follow_up_withdraw, name="follow_up_withdraw"),
    path("loyalty/outlets/", changes.outlets, name="outlets"),
    path("loyalty/watch/", changes.early_movers, name="early_movers"),
    path("loyalty/effect/", effects.follow_up_effect, name="follow_up_effect"),
    path("loyalty/unkept/", unkept.unkept, name="unkept"),
    path("loyalty/measures/", changes.policies, name="policies"),
    path("loyalty/measures/<int:pk>/", changes.policy, name="policy"),
    path("loyalty/customers/<int:pk>/", customers.customer, name="customer"),
    path("loyalty/customers/<int:pk>/sheet/", sheets.sheet, name="sheet"),
    path("loyalty/customers/<int:pk>/override/", customers.override, name="override"),
]

register_navigation(
    Entry("loyalty:changes", _("Changes"), "trending-down", (Permission.CHANGE_FOLLOW,), 25, go="D"),
    Entry("loyalty:runs", _("Loyalty"), "award", runs.READERS, 30, go="L"),
    Entry(
        "loyalty:early_movers",
        _("Moved since publication"),
        "trending-down",
        (Permission.RESULT_READ,),
        20,
        Group.ASIDE,
    ),
    Entry(
        "loyalty:outlets",
        _("Changed customers by outlet"),
        "building",
        (Permission.RESULT_READ,),
        21,
        Group.ASIDE,
    ),
    Entry(
        "loyalty:follow_up_effect",
        _("What following up did"),
        "trending-up",
        (Permission.RESULT_READ,),
        23,
        Group.ASIDE,
    ),
    Entry(
        "loyalty:unkept",
        _("Highly loyal customers without a manager"),
        "users",
        (Permission.RESULT_READ,),
        22,
        Group.ASIDE,
    ),
    Entry(
        "loyalty:run_start", _("Start an evaluation"), "player-play", (Permission.RUN_START,), 30, Group.ASIDE
    ),
    Entry("loyalty:schemes", _("Evaluation schemes"), "scale", (Permission.SCHEME_READ,), 31, Group.ASIDE),
    Entry("loyalty:indicators", _("Indicators"), "gauge", (Permission.SCHEME_READ,), 32, Group.ASIDE),
    Entry(
        "loyalty:policies",
        _("Measures of the tiers"),
        "clipboard-check",
        (Permission.SCHEME_READ,),
        33,
        Group.ASIDE,
    ),
)
