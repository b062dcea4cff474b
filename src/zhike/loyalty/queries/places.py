"""Where the screens of this room lead outside it: an upper room says where a customer's file is opened."""

from __future__ import annotations

from django.urls import reverse

_file: list[str] = []


def register_customer_file(url_name: str) -> None:
    """Let loyalty screens lead to a customer's file at this address, which takes the customer's number."""
    _file[:] = [url_name]


def file_address(customer_id: int) -> str:
    """The address of a customer's file, or '' where no room shows files."""
    return reverse(_file[0], args=[customer_id]) if _file else ""
