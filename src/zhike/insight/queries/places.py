"""Where the screens of this room lead outside it: an upper room says where customers are listed and opened."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from zhike.insight.models import Segment

_list: list[str] = []
_page: list[str] = []


def register_customer_list(url_name: str) -> None:
    """Let segments lead to the list of their customers, at an address that takes the code as `segment`."""
    _list[:] = [url_name]


def list_address(segment: Segment) -> str:
    """The address of the customers in a segment, or '' where no room lists customers."""
    return f"{reverse(_list[0])}?{urlencode({'segment': segment.code})}" if _list else ""


def register_customer_page(url_name: str) -> None:
    """Let warnings lead to the page of their customer, at an address that takes the number."""
    _page[:] = [url_name]


def page_address(customer_id: int) -> str:
    """The address of a customer's page, or '' where no room has one."""
    return reverse(_page[0], args=[customer_id]) if _page else ""
