"""What other rooms may use of insight."""

from zhike.insight.models import Portrait
from zhike.insight.operations.files import copy_query
from zhike.insight.operations.portraits import REBUILT, ask_portrait, build_portrait
from zhike.insight.operations.registering import model_approved, model_rejected
from zhike.insight.operations.segments import (
    Content,
    bring_in_force,
    copy_segment,
    draft_segment,
    proposal_rejected,
    segment_approved,
)
from zhike.insight.operations.snapshots import ask_snapshots, follow_moves, take_snapshot
from zhike.insight.operations.value_studies import ask_study
from zhike.insight.queries.memberships import Belonging, belongings, members_now
from zhike.insight.queries.memberships import offered as segments_offered
from zhike.insight.queries.places import register_customer_list, register_customer_page
from zhike.insight.queries.portraits import current as current_portrait
from zhike.insight.queries.sources import FieldWords, Provided, Source, register_source
from zhike.insight.queries.warnings import Outlook, outlook
from zhike.insight.queries.worth import worth_of

__all__ = [
    "REBUILT",
    "Belonging",
    "Content",
    "FieldWords",
    "Outlook",
    "Portrait",
    "Provided",
    "Source",
    "ask_portrait",
    "ask_snapshots",
    "ask_study",
    "belongings",
    "bring_in_force",
    "build_portrait",
    "copy_query",
    "copy_segment",
    "current_portrait",
    "draft_segment",
    "follow_moves",
    "members_now",
    "model_approved",
    "model_rejected",
    "outlook",
    "proposal_rejected",
    "register_customer_list",
    "register_customer_page",
    "register_source",
    "segment_approved",
    "segments_offered",
    "take_snapshot",
    "worth_of",
]
