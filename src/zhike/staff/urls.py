"""Addresses of people and places."""

from django.urls import path

from zhike.staff.views import settings, signing_in

app_name = "staff"
urlpatterns = [
    path("login/", signing_in.login, name="login"),
    path("login/code/", signing_in.second_factor, name="second_factor"),
    path("login/password/", signing_in.new_password, name="new_password"),
    path("logout/", signing_in.logout, name="logout"),
    path("settings/", settings.settings, name="settings"),
    path("settings/password/", settings.password, name="password"),
    path("settings/appearance/", settings.appearance, name="appearance"),
]
