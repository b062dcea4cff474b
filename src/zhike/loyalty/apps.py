from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "zhike.loyalty"
    label = "loyalty"

    def ready(self) -> None:
        from zhike.loyalty import wording  # noqa: F401 - registers them
