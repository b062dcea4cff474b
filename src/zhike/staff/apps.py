from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "zhike.staff"
    label = "staff"

    def ready(self) -> None:
        from zhike.staff import wording  # noqa: F401 - registers them
