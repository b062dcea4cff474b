"""Tags and filters of every page: components, icons, and how numbers and dates read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhike.core import actors, formats, labels, lists
from zhike.core.access.guard import opens
from zhike.core.components import COMPONENTS, Component

register = template.Library()

PASSED_ON = ("request", "csrf_token")

for _name in (
    "grouped", "amount", "amount_listed", "rate", "share", "points", "day", "day_in_words", "month", "clock",
    "moment", "instant",
):  # fmt: skip
    register.filter(_name, getattr(formats, _name))
register.simple_tag(formats.amount_unit)
register.simple_tag(formats.span)
register.filter("until", formats.duration)


@register.filter
def words_of(code: str, kind: str) -> str:
    """The words of a code: {{ event.action|words_of:"ACTION" }}."""
    return labels.label(labels.Register(kind), code)


register.filter("actor", actors.in_words)


@register.filter
def ago(value: datetime | None) -> str:
    """How long ago, against the request's moment."""
    return formats.ago(value, timezone.now())


@register.filter
def amount_figure(cents: int | None) -> SafeString:
    """An amount as a headline figure with its unit in small."""
    figure = formats.amount_figure(cents)
    before = format_html("<small>{}</small> ", figure.before) if figure.before else ""
    after = format_html("<small>{}</small>", figure.after) if figure.after else ""
    return format_html("{}{}{}", before, figure.number, after)


@register.filter
def absolute(value: float) -> float:
    """Without its sign; the triangle before it says which way."""
    return abs(value)


@register.filter
def rounded(value: float | None, digits: int) -> float | None:
    """As it is shown: a change that rounds to nothing is none, whatever its sign."""
    return None if value is None else round(value, digits)


@register.filter
def unlocalized(value: Any) -> str:
    """A number for an attribute: no grouping, a point."""
    return str(value)


@register.simple_tag
def words(**texts: str) -> SafeString:
    """Translated words for our scripts, as a block of data."""
    return json_script(texts, "zk-words")


@register.filter
def or_unshown(count: Any) -> Any:
    """A count with its thousands apart; one that is None says that it is not shown, which is not that it is absent."""
    if count is None:
        return format_html('<span class="zk-unshown">{}</span>', _("not shown"))
    return formats.grouped(count)


@register.filter
def or_none(value: Any) -> Any:
    """`--` where there is nothing."""
    return formats.NONE if value is None or value == "" else value


@register.filter
def as_json(value: Any) -> str:
    """Data for a script in an attribute: unlike a script block it survives when htmx exchanges a part."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; with a label it speaks, without one it is decoration."""
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="zk-icon" {}><use href="{}#{}"/></svg>', spoken, static("vendor/icons.svg"), name
    )


@register.simple_tag
def address(list_page: lists.ListPage, **changes: Any) -> str:
    """The list's address with some values changed."""
    return list_page.address(**changes)


register.simple_tag(lists.chips)
register.simple_tag(lists.misread)


@register.simple_tag
def percent_of(value: float, maximum: float) -> str:
    """`value` as a percentage of `maximum` between 0 and 100, for an SVG attribute."""
    return f"{max(0.0, min(100.0, 100 * float(value) / float(maximum))):.2f}%"


class SlotNode(template.Node):
    """A named part of a component's body; drawn only by the component."""

    def __init__(self, name: str, nodes: NodeList) -> None:
        self.name = name
        self.nodelist = nodes

    def render(self, context: template.Context) -> SafeString:
        return self.nodelist.render(context)


class ComponentNode(template.Node):
    """One component with its attributes, body and slots."""

    def __init__(self, name: str, values: dict[str, FilterExpression], body: NodeList) -> None:
        self.name = name
        self.values = values
        self.slots = {node.name: node for node in body if isinstance(node, SlotNode)}
        self.body = NodeList(node for node in body if not isinstance(node, SlotNode))
        if lost := self.body.get_nodes_by_type(SlotNode):
            names = ", ".join(node.name for node in lost)
            raise template.TemplateSyntaxError(f"{names}: a condition belongs inside a slot, not around it")

    def render(self, context: template.Context) -> SafeString:
        values = {**COMPONENTS[self.name].optional}
        values |= {name: value.resolve(context) for name, value in self.values.items()}
        values |= {name: context[name] for name in PASSED_ON if name in context}
        values["body"] = _drawn(self.body, context)
        values["slots"] = {name: _drawn(slot.nodelist, context) for name, slot in self.slots.items()}
        return get_template(f"ui/{self.name}.html").template.render(template.Context(values))

    @property
    def child_nodelists(self) -> tuple[str, ...]:
        return ("body",)

    def __iter__(self) -> Iterator[template.Node]:
        yield from self.body
        yield from self.slots.values()


def _drawn(nodes: NodeList, context: template.Context) -> SafeString:
    return mark_safe(nodes.render(context).strip())  # noqa: S308 - escaped by the engine that drew it


@register.tag("ui")
def do_ui(parser: Parser, token: Token) -> ComponentNode:
    """{% ui "name" attribute=value … %}, with a body up to {% endui %} where the component has one."""
    tag, *bits = token.split_contents()
    name = bits.pop(0).strip("\"'") if bits else ""
    component = COMPONENTS.get(name)
    if component is None:
        raise template.TemplateSyntaxError(f"{tag}: there is no component {name!r}")
    values = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"{tag} {name}: cannot read {' '.join(bits)}")
    _demand_known(tag, name, component, values)
    body = NodeList()
    if component.has_body:
        body = parser.parse(("endui",))
        parser.delete_first_token()
    node = ComponentNode(name, values, body)
    if unknown := node.slots.keys() - set(component.slots):
        raise template.TemplateSyntaxError(f"{tag} {name}: no slot {', '.join(sorted(unknown))}")
    return node


@register.tag("slot")
def do_slot(parser: Parser, token: Token) -> SlotNode:
    """{% slot "actions" %}…{% endslot %} inside a component."""
    _tag, name = token.split_contents()
    nodes = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(name.strip("\"'"), nodes)


class LinkNode(template.Node):
    """A link for whoever may open its page, the plain text for everybody else."""

    def __init__(self, view: FilterExpression, values: list[FilterExpression], nodes: NodeList) -> None:
        self.view, self.values, self.nodelist = view, values, nodes

    def render(self, context: template.Context) -> SafeString:
        text = self.nodelist.render(context)
        place = reverse(self.view.resolve(context), args=[value.resolve(context) for value in self.values])
        user = context["request"].user
        is_open = user.is_authenticated and opens(user, place)
        return format_html('<a href="{}">{}</a>', place, text) if is_open else text


@register.tag("link")
def do_link(parser: Parser, token: Token) -> LinkNode:
    """{% link "room:page" argument … %}text{% endlink %}"""
    _tag, view, *values = token.split_contents()
    nodes = parser.parse(("endlink",))
    parser.delete_first_token()
    return LinkNode(parser.compile_filter(view), [parser.compile_filter(value) for value in values], nodes)


def _demand_known(tag: str, name: str, component: Component, values: dict[str, FilterExpression]) -> None:
    if unknown := values.keys() - set(component.required) - component.optional.keys():
        raise template.TemplateSyntaxError(f"{tag} {name}: unknown attribute {', '.join(sorted(unknown))}")
    if missing := set(component.required) - values.keys():
        raise template.TemplateSyntaxError(
            f"{tag} {name}: attribute {', '.join(sorted(missing))} is required"
        )
