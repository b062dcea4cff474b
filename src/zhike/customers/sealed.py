"""The encrypted fields of a customer: where they stand, and how one is opened."""

from __future__ import annotations

from zhike.core import keys
from zhike.core.keys import register
from zhike.customers.models import Customer

TABLE = "customers_customer"
PURPOSE = register.CUSTOMER
SEALED_FIELDS = register.sealed_in(TABLE)
UNLISTED = (*SEALED_FIELDS, *register.indexes_in(TABLE), "personal_digest")
"""What no list needs: ciphertexts, and what is made of the same values."""


def unlisted(path: str = "") -> tuple[str, ...]:
    """The names to `defer` where rows of customers are listed; `path` leads to them from another table."""
    return tuple(f"{path}{name}" for name in UNLISTED)


def place_of(customer_id: int, field: str) -> str:
    """Where a value stands; bound into its ciphertext."""
    return register.column(TABLE, field).place(customer_id)


def opened(customer: Customer, field: str) -> str:
    """The decrypted value of one field of one customer, '' if there is none. Only for masks and `reveal`.

    Raises TamperedValue for a ciphertext that is not the one written here.
    """
    sealed = getattr(customer, field)
    return keys.unseal(sealed, purpose=PURPOSE, place=place_of(customer.pk, field)) if sealed else ""
