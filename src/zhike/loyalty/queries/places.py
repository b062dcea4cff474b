"""Where the screens of this room lead outside it: an upper room says where a customer's file is opened."""

from __future__ import annotations

from django.urls import reverse

_file: list[str] = []


def register_customer_file(url_name: str, *, loyalty: str) -> None:
    """Let loyalty screens lead to a customer's file, and to the part of it about loyalty, at these addresses, which
    take the customer's number; that of loyalty shows an evaluation by `?run=`."""
    _file[:] = [url_name, loyalty]


def file_address(customer_id: int) -> str:
    """The address of a customer's file, or '' where no room shows files."""
    return reverse(_file[0], args=[customer_id]) if _file else ""


def loyalty_address(customer_id: int) -> str:
    """The address of the part of a customer's file about loyalty, or '' where no room shows files."""
    return reverse(_file[1], args=[customer_id]) if _file else ""
