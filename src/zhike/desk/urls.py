"""Addresses of the desk, and its places in the navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission
from zhike.core.navigation import Entry, register_navigation, register_notice, register_palette
from zhike.desk.views import (
    customer,
    customers,
    data_age,
    exports,
    home,
    openings,
    palette,
    portfolios,
    reveals,
    saved_views,
)
from zhike.insight.api import register_customer_list, register_customer_page
from zhike.loyalty.api import register_customer_file

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", palette.palette, name="palette"),
    path("customers/", customers.customer_list, name="customers"),
    path("customers/export/", customers.customer_export, name="customer_export"),
    path("customers/exports/", exports.export_list, name="exports"),
    path("customers/exports/<int:pk>/", exports.export_fetch, name="export_fetch"),
    path("customers/views/", saved_views.view_list, name="views"),
    path("customers/views/save/", saved_views.view_save, name="view_save"),
    path("customers/views/<int:pk>/", saved_views.view_change, name="view_change"),
    path("customers/<int:pk>/", customer.overview, name="customer"),
    path("customers/<int:pk>/holdings/", customer.holdings, name="customer_holdings"),
    path("customers/<int:pk>/transactions/", customer.transactions, name="customer_transactions"),
    path("customers/<int:pk>/events/", customer.events, name="customer_events"),
    path("customers/<int:pk>/loyalty/", customer.loyalty, name="customer_loyalty"),
    path("customers/<int:pk>/portfolio/", customer.portfolio, name="customer_portfolio"),
    path("customers/<int:pk>/purpose/", openings.file_purpose, name="file_purpose"),
    path("customers/<int:pk>/reveal/<slug:field>/", reveals.field_reveal, name="field_reveal"),
    path("customers/<int:pk>/masked/<slug:field>/", reveals.field_masked, name="field_masked"),
    path("portfolios/", portfolios.portfolios, name="portfolios"),
    path("portfolios/changes/", portfolios.portfolio_changes, name="portfolio_changes"),
    path("portfolios/hand-over/", portfolios.hand_over, name="hand_over"),
]

register_navigation(
    Entry("desk:home", _("Workbench"), "home", (Permission.WORK_OPEN,), 10, go="W"),
    Entry("desk:customers", _("Customers"), "users", (Permission.CUSTOMER_READ,), 20, go="U"),
    Entry("desk:portfolios", _("Portfolios"), "briefcase", (Permission.PORTFOLIO_ASSIGN,), 50, go="F"),
)
register_palette("desk:palette")
register_notice(data_age.old_figures_notice)
register_customer_file("desk:customer", loyalty="desk:customer_loyalty")
register_customer_list("desk:customers")
register_customer_page("desk:customer")
