from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "zhike.customers"
    label = "customers"

    def ready(self) -> None:
        from zhike.customers import wording  # noqa: F401 - registers them
