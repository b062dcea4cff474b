from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "zhike.facts"
    label = "facts"

    def ready(self) -> None:
        from zhike.facts import wording  # noqa: F401 - registers them
