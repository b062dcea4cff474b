"""What other rooms may use of the customer file."""

from zhike.customers.masking import mask_account, mask_id, mask_name, mask_phone
from zhike.customers.models import Customer, CustomerQuerySet, Portfolio, Relation, outlets_reached
from zhike.customers.names import name_sort, phone_tail_term, search_terms
from zhike.customers.operations.openings import OpeningRefused, record_opening
from zhike.customers.operations.portfolio_grants import align_grants
from zhike.customers.operations.portfolios import (
    HandOverResult,
    PortfolioRefused,
    assign_customer,
    hand_over,
    hand_over_many,
)  # fmt: skip
from zhike.customers.operations.reveals import Revealed, RevealRefused, reveal
from zhike.customers.queries.portfolios import keepers, portfolio_history, recent_hand_overs, unassigned
from zhike.customers.queries.profiles import Profile, masked_field, masked_profile, relations_of
from zhike.customers.queries.reach import SeenCustomer, seen_customer
from zhike.customers.queries.search import FoundBy, Hit, matching, search
from zhike.customers.sealed import unlisted

__all__ = [
    "Customer", "CustomerQuerySet", "FoundBy", "HandOverResult", "Hit", "OpeningRefused", "Portfolio",
    "PortfolioRefused", "Profile", "Relation", "RevealRefused", "Revealed", "SeenCustomer", "align_grants",
    "assign_customer", "hand_over", "hand_over_many", "keepers", "mask_account", "mask_id", "mask_name",
    "mask_phone", "masked_field", "masked_profile", "matching", "name_sort", "outlets_reached",
    "phone_tail_term", "portfolio_history", "recent_hand_overs", "record_opening", "relations_of", "reveal",
    "search", "search_terms", "seen_customer", "unassigned", "unlisted",
]  # fmt: skip
