"""Tables of portraits, segments and who was in them when."""

from zhike.insight.models.foresee import ChurnWarning, RegisteredModel, Scoring
from zhike.insight.models.portraits import Portrait
from zhike.insight.models.segments import Membership, Segment, SegmentVersion, Snapshot
from zhike.insight.models.value import ValueStudy

__all__ = [
    "ChurnWarning",
    "Membership",
    "Portrait",
    "RegisteredModel",
    "Scoring",
    "Segment",
    "SegmentVersion",
    "Snapshot",
    "ValueStudy",
]
