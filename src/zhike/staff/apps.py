from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "zhike.staff"
    label = "staff"
