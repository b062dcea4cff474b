"""What joins views to pages: the frame's data, how forms are drawn, and how a view answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm
from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from zhike.core import navigation
from zhike.core.access.permissions import Permission
from zhike.core.navigation import GROUP_LABELS, TABS, Group, Link
from zhike.core.preferences import Preferences, preferences

UNPROCESSABLE = 422
SELECT = "django/forms/widgets/select.html"


class FormRenderer(DjangoTemplates):
    """Draws every form and field with our own parts.

    A field of choices is drawn without a template: Django's own opens two for each option, which costs a page
    with the outlets of a whole bank more than everything else on it.
    """

    form_template_name = "ui/form_fields.html"
    field_template_name = "ui/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name == SELECT:
            return _drawn_select(context["widget"])
        return super().render(template_name, context, request)


def _drawn_select(widget: dict[str, Any]) -> SafeString:
    groups = [(name, _drawn_options(options)) for name, options, _place in widget["optgroups"]]
    drawn = [
        format_html('<optgroup label="{}">{}</optgroup>', name, options) if name else options
        for name, options in groups
    ]
    body = format_html_join("\n", "{}", ((part,) for part in drawn))
    return format_html('<select name="{}"{}>\n{}\n</select>', widget["name"], flatatt(widget["attrs"]), body)


def _drawn_options(options: list[dict[str, Any]]) -> SafeString:
    parts = ((option["value"], flatatt(option["attrs"]), option["label"]) for option in options)
    return format_html_join("\n", '<option value="{}"{}>{}</option>', parts)


@dataclass(frozen=True, slots=True)
class Section:
    """A group of the sidebar; the first one needs no title."""

    title: str | Promise
    links: list[Link]


class Shell:
    """What the frame of a page shows. Everything is computed only when the frame is drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def links(self) -> list[Link]:
        return navigation.links(self.request)

    @property
    def sections(self) -> list[Section]:
        """The sidebar: daily work, then running the system."""
        aside = GROUP_LABELS[Group.ASIDE]
        return [section for section in self.all_sections if section.title != aside]

    @property
    def all_sections(self) -> list[Section]:
        """The list of all pages: the sidebar's, and those within them."""
        groups = {group: [link for link in self.links if link.group is group] for group in Group}
        return [
            Section("" if group is Group.WORK else GROUP_LABELS[group], found)
            for group, found in groups.items()
            if found
        ]

    @property
    def tabs(self) -> list[Link]:
        """The phone's bottom bar; everything else lies behind "more"."""
        return self.links[:TABS]

    @property
    def home(self) -> str:
        """Where the mark of the product leads: the first page of one's own navigation."""
        return self.links[0].url if self.links else reverse("core:menu")

    @cached_property
    def preferences(self) -> Preferences:
        return preferences(self.request)

    @cached_property
    def notices(self) -> list[str]:
        return navigation.notices(self.request)

    @property
    def bank(self) -> str:
        """The bank's name, under the product's."""
        return getattr(settings, "BANK_NAME", "")

    @property
    def searches_customers(self) -> bool:
        """Whether the search of every page finds this person customers, or pages only."""
        return self.request.user.is_authenticated and self.request.user.may(Permission.CUSTOMER_READ)

    @property
    def palette(self) -> str:
        return navigation.palette_source()


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: `shell`."""
    return {"shell": Shell(request)}


def answer(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    form: BaseForm | None = None,
    fragment: str = "",
) -> HttpResponse:
    """The page, or only its `fragment` when htmx asks for a part; 422 when `form` was refused.

    The same address serves both, so the page works without JavaScript.
    """
    values = {"form": form, **(context or {})}
    is_part = fragment and request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    status = UNPROCESSABLE if form is not None and form.is_bound and form.errors else 200
    response = render(request, fragment if is_part else template, values, status=status)
    response["Vary"] = "HX-Request, Cookie"
    return response


def say(request: HttpRequest, text: str | Promise, *, undo: str = "") -> None:
    """Tell on the next page what was done, in one sentence; `undo` is the address that takes it back."""
    messages.success(request, str(text), extra_tags=undo)
