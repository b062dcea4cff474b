from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "zhike.loyalty"
    label = "loyalty"
