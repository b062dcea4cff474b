from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "zhike.desk"
    label = "desk"

    def ready(self) -> None:
        from zhike.desk import wording  # noqa: F401 - registers them
