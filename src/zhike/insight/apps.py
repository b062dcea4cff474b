from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "zhike.insight"
    label = "insight"

    def ready(self) -> None:
        from zhike.insight import wording  # noqa: F401 - registers them
        from zhike.insight.operations.customer_file import SOURCE
        from zhike.insight.queries.sources import register_source

        register_source(SOURCE)
