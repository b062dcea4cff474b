"""Tables of portraits, segments and who was in them when."""

from zhike.insight.models.portraits import Portrait
from zhike.insight.models.segments import Membership, Segment, SegmentVersion, Snapshot
from zhike.insight.models.value import ValueStudy

__all__ = ["Membership", "Portrait", "Segment", "SegmentVersion", "Snapshot", "ValueStudy"]
