"""What the wiring may use of the desk."""

from zhike.desk.operations.export_requests import allow_export, refuse_export

__all__ = ["allow_export", "refuse_export"]
