from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "zhike.insight"
    label = "insight"

    def ready(self) -> None:
        from zhike.insight import wording  # noqa: F401 - registers them
        from zhike.insight.operations import customer_file, value_source
        from zhike.insight.queries.sources import register_source

        register_source(customer_file.SOURCE)
        register_source(value_source.SOURCE)
