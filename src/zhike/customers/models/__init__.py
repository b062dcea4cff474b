from zhike.customers.models.customers import (
    Customer,
    CustomerQuerySet,
    Relation,
    SearchTerm,
    outlets_reached,
    reach_of,
)
from zhike.customers.models.portfolios import Portfolio

__all__ = [
    "Customer",
    "CustomerQuerySet",
    "Portfolio",
    "Relation",
    "SearchTerm",
    "outlets_reached",
    "reach_of",
]
