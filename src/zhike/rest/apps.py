from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "zhike.rest"
    label = "rest"
