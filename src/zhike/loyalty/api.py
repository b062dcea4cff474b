"""What other rooms may use of loyalty."""

from zhike.loyalty.models import Run, Scheme, Standing
from zhike.loyalty.operations.computing import compute_run
from zhike.loyalty.operations.early_movers import refresh_early_movers
from zhike.loyalty.operations.overrides import apply_override, override_approved, propose_override
from zhike.loyalty.operations.publishing import PUBLISHED, ask_publication, publish_run
from zhike.loyalty.operations.realigning import realign_standings
from zhike.loyalty.operations.recomputing import Verification, recompute_run
from zhike.loyalty.operations.runs import restart_run, review_run, start_run, void_run, waive_review
from zhike.loyalty.operations.schemes import (
    bring_in_force,
    change_draft,
    draft_next_version,
    draft_scheme,
    proposal_rejected,
    scheme_approved,
    submit_scheme,
    try_scheme,
)

__all__ = [
    "PUBLISHED",
    "Run",
    "Scheme",
    "Standing",
    "Verification",
    "apply_override",
    "ask_publication",
    "bring_in_force",
    "change_draft",
    "compute_run",
    "draft_next_version",
    "draft_scheme",
    "override_approved",
    "proposal_rejected",
    "propose_override",
    "publish_run",
    "realign_standings",
    "recompute_run",
    "refresh_early_movers",
    "restart_run",
    "review_run",
    "scheme_approved",
    "start_run",
    "submit_scheme",
    "try_scheme",
    "void_run",
    "waive_review",
]
