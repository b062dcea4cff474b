from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "zhike.facts"
    label = "facts"
