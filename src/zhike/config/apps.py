from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Connects the rooms once all of them are loaded."""

    name = "zhike.config"
    label = "wiring"

    def ready(self) -> None:
        from zhike.config import wiring

        wiring.connect()
