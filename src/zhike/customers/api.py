"""What other rooms may use of the customer file."""

from zhike.customers.names import name_sort, phone_tail_term, search_terms

__all__ = ["name_sort", "phone_tail_term", "search_terms"]
