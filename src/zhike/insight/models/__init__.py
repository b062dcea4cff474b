"""Tables of portraits."""

from zhike.insight.models.portraits import Portrait

__all__ = ["Portrait"]
