"""Tables of schemes, runs, results and what is done about them."""

from zhike.loyalty.models.following import DriftReading, EarlyMover, FollowUp, TierPolicy
from zhike.loyalty.models.plans import LoyaltyPlan, PlanItem
from zhike.loyalty.models.results import Result, RunPeer, RunUnit, SampleCheck
from zhike.loyalty.models.runs import Run
from zhike.loyalty.models.schemes import Scheme
from zhike.loyalty.models.standings import Override, Standing
from zhike.loyalty.models.what_ifs import WhatIf

__all__ = [
    "DriftReading",
    "EarlyMover",
    "FollowUp",
    "LoyaltyPlan",
    "Override",
    "PlanItem",
    "Result",
    "Run",
    "RunPeer",
    "RunUnit",
    "SampleCheck",
    "Scheme",
    "Standing",
    "TierPolicy",
    "WhatIf",
]
