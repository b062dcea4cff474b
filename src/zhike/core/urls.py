"""Addresses of the shared screens, and their places in the navigation."""

from django.urls import path

from zhike.core.views import pages

app_name = "core"
urlpatterns = [
    path("home/", pages.home, name="home"),
    path("menu/", pages.menu, name="menu"),
    path("gallery/", pages.gallery, name="gallery"),
]
