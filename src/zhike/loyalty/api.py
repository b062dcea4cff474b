"""What other rooms may use of loyalty."""

from zhike.loyalty.models import Run, Scheme, Standing
from zhike.loyalty.models.standings import tier_fell
from zhike.loyalty.operations.computing import compute_run, perform_run
from zhike.loyalty.operations.early_movers import refresh_early_movers
from zhike.loyalty.operations.engines import spark_at
from zhike.loyalty.operations.moving import follow_moves
from zhike.loyalty.operations.overrides import apply_override, override_approved, propose_override
from zhike.loyalty.operations.plans import plan_approved, plan_returned
from zhike.loyalty.operations.portrait_source import SOURCE as PORTRAIT_SOURCE
from zhike.loyalty.operations.publishing import PUBLISHED, ask_publication, publish_run
from zhike.loyalty.operations.realigning import realign_standings
from zhike.loyalty.operations.recomputing import Verification, recompute_run
from zhike.loyalty.operations.runs import (
    computation_of,
    restart_run,
    review_run,
    scheme_in_force,
    start_run,
    void_run,
    waive_review,
)
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
from zhike.loyalty.queries.breakdown import Breakdown, Part, breakdown, history, tiers_only
from zhike.loyalty.queries.cause_words import cause_in_words
from zhike.loyalty.queries.changes import (
    ChangedCustomer,
    Direction,
    changed,
    follow_ups_of,
    in_detail,
    open_first,
    published_run,
    with_follow_up,
)
from zhike.loyalty.queries.charts import change as change_chart
from zhike.loyalty.queries.charts import over_time as history_chart
from zhike.loyalty.queries.contacts import contacts_due
from zhike.loyalty.queries.held import Held, held
from zhike.loyalty.queries.periods import period_of
from zhike.loyalty.queries.places import register_customer_file
from zhike.loyalty.queries.run_figures import smallest_cell
from zhike.loyalty.queries.run_states import viewable_runs, waiting_runs
from zhike.loyalty.queries.sentences import warning_words
from zhike.loyalty.queries.totals import (
    FollowedTotal,
    ManagerTotal,
    OutletTotal,
    followed_totals,
    manager_totals,
    outlet_totals,
)

__all__ = [
    "PORTRAIT_SOURCE",
    "PUBLISHED",
    "Breakdown",
    "ChangedCustomer",
    "Direction",
    "FollowedTotal",
    "Held",
    "ManagerTotal",
    "OutletTotal",
    "Part",
    "Run",
    "Scheme",
    "Standing",
    "Verification",
    "apply_override",
    "ask_publication",
    "breakdown",
    "bring_in_force",
    "cause_in_words",
    "change_chart",
    "change_draft",
    "changed",
    "computation_of",
    "compute_run",
    "contacts_due",
    "draft_next_version",
    "draft_scheme",
    "follow_moves",
    "follow_ups_of",
    "followed_totals",
    "held",
    "history",
    "history_chart",
    "in_detail",
    "manager_totals",
    "open_first",
    "outlet_totals",
    "override_approved",
    "perform_run",
    "period_of",
    "plan_approved",
    "plan_returned",
    "proposal_rejected",
    "propose_override",
    "publish_run",
    "published_run",
    "realign_standings",
    "recompute_run",
    "refresh_early_movers",
    "register_customer_file",
    "restart_run",
    "review_run",
    "scheme_approved",
    "scheme_in_force",
    "smallest_cell",
    "spark_at",
    "start_run",
    "submit_scheme",
    "tier_fell",
    "tiers_only",
    "try_scheme",
    "viewable_runs",
    "void_run",
    "waiting_runs",
    "waive_review",
    "warning_words",
    "with_follow_up",
]
