from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "zhike.rest"
    label = "rest"

    def ready(self) -> None:
        from zhike.rest import wording  # noqa: F401 - registers them
