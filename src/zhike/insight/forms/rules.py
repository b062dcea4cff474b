"""A rule as it is entered: a tree of plain form fields, read into conditions and drawn again with what is wrong.

Every part has a path (`r`, `r.0`, `r.0.1` …) that begins the names of its fields, so that a whole rule is one form and
works without a script. A button (`do`) adds, groups or removes a part; nothing is saved by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from django.forms import TextInput
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.analytics import rules
from zhike.analytics.portrait import Kind
from zhike.analytics.rules import ASKS, Ask, Condition, Group, Join, Node
from zhike.core.forms import date_input
from zhike.core.numbers import whole_number
from zhike.insight.queries import field_words
from zhike.insight.queries.rule_words import CENTS, PPM_A_PERCENT, plain_decimal, problem_in_words
from zhike.insight.queries.sources import fields

Sent = MultiValueDict[str, str]
ROOT = "r"
GROUP = "GROUP"
DO = "do"
ADD, NEST, REMOVE = "add", "group", "remove"
_LONGEST_NUMBER = 24
ASK_LABELS = {
    Ask.BETWEEN: gettext_lazy("between"),
    Ask.IN: gettext_lazy("one of"),
    Ask.YES: gettext_lazy("yes"),
    Ask.NO: gettext_lazy("no"),
    Ask.WITHIN: gettext_lazy("within the last days"),
    Ask.LONGER: gettext_lazy("so many days ago or longer"),
    Ask.AHEAD: gettext_lazy("within the next days"),
    Ask.KNOWN: gettext_lazy("is known"),
    Ask.UNKNOWN: gettext_lazy("is not known"),
}
JOIN_LABELS = {Join.ALL: gettext_lazy("all of these"), Join.ANY: gettext_lazy("at least one of these")}


@dataclass
class Entered:
    """One part as it was entered: a group with its parts, or a condition with its texts."""

    path: str
    kind: str
    is_not: bool = False
    join: Join = Join.ALL
    parts: list[Entered] = field(default_factory=list)
    ask: Ask = Ask.KNOWN
    low: str = ""
    high: str = ""
    days: str = ""
    values: tuple[str, ...] = ()
    problem: str = ""
    offered: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def is_group(self) -> bool:
        return self.kind == GROUP

    @property
    def level(self) -> int:
        """How deep it stands; groups may not be nested for ever."""
        return self.path.count(".")

    @property
    def above(self) -> str:
        """The path of the group it stands in."""
        return self.path.rpartition(".")[0]

    @property
    def place(self) -> str:
        """Its place in that group."""
        return self.path.rpartition(".")[2]

    @property
    def may_nest(self) -> bool:
        return self.level + 1 < rules.DEEPEST

    @property
    def label(self) -> str:
        return field_words.label_of(self.kind)

    @property
    def meaning(self) -> str:
        return str(field_words.words_of(self.kind).meaning)

    @property
    def value_kind(self) -> str:
        """Of which kind the field is; '' for one that is not in the portrait any more."""
        known = fields().get(self.kind)
        return str(known.kind) if known else ""

    @property
    def unit(self) -> str:
        return field_words.unit_label(self.kind) if self.kind in fields() else ""

    @property
    def asks(self) -> list[tuple[str, str]]:
        """The tests that fit the field."""
        known = fields().get(self.kind)
        return [(str(ask), str(ASK_LABELS[ask])) for ask in ASKS[known.kind]] if known else []

    @property
    def joins(self) -> list[tuple[str, str]]:
        return [(str(join), str(label)) for join, label in JOIN_LABELS.items()]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The values to choose from; those chosen before stay, whatever is offered now."""
        if self.value_kind not in {Kind.CHOICE, Kind.WORD}:
            return []
        found = field_words.choices_of(self.kind, self.offered)
        known = {value for value, _label in found}
        return [*found, *((value, value) for value in self.values if value not in known)]

    @property
    def low_input(self) -> SafeString:
        return self._input("low", self.low, _("at least"))

    @property
    def high_input(self) -> SafeString:
        return self._input("high", self.high, _("at most"))

    def _input(self, name: str, typed: str, hint: str) -> SafeString:
        """Where a limit is entered: a day by the one kind of field for days, a number as text."""
        attrs = {"class": "zk-input short", "id": f"{self.path}-{name}", "autocomplete": "off"}
        if self.value_kind == Kind.DATE:
            return date_input(**attrs).render(f"{self.path}.{name}", typed)
        widget = TextInput(attrs={**attrs, "inputmode": "decimal", "placeholder": hint})
        return widget.render(f"{self.path}.{name}", typed)

    @property
    def needs(self) -> dict[str, bool]:
        """Which inputs the field has at all; the test says which of them count."""
        kind = self.value_kind
        return {
            "limits": kind in {Kind.NUMBER, Kind.MONEY, Kind.SHARE, Kind.POINTS, Kind.DATE},
            "days": kind == Kind.DATE,
            "choices": kind == Kind.CHOICE,
            "words": kind == Kind.WORD,
        }

    def __iter__(self) -> Iterator[Entered]:
        yield self
        for part in self.parts:
            yield from part


@dataclass(frozen=True)
class EnteredRule:
    """The whole as entered; `rule` is what was understood, `is_sound` whether that is everything."""

    root: Entered
    rule: Group
    is_sound: bool

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Which part is wrong and what to do about it, for the summary above the form."""
        return [(part.path, part.problem) for part in self.root if part.problem]


class _NotRead(ValueError):
    """What was typed is no number or day; the text says what to enter."""


def entered(sent: Sent, *, words: Mapping[str, list[str]]) -> EnteredRule:
    """Read a sent form, with what its button asks for done to the tree. `words` are those offered."""
    root = _read(sent, ROOT, words, deep=0)
    verb, _sep, path = sent.get(DO, "").partition(":")
    if verb in {ADD, NEST, REMOVE}:
        _change(root, verb, path, sent)
        _number(root, ROOT)
    return _understood(root)


def shown(rule: Group, *, words: Mapping[str, list[str]]) -> EnteredRule:
    """A stored rule in the form."""
    root = _of(rule, words)
    _number(root, ROOT)
    return _understood(root)


def _read(sent: Sent, path: str, words: Mapping[str, list[str]], *, deep: int) -> Entered:
    kind = GROUP if path == ROOT else sent.get(f"{path}.kind", "")[:60]
    part = Entered(path, kind, is_not=bool(sent.get(f"{path}.not")), offered=words)
    if part.is_group:
        part.join = Join.ANY if sent.get(f"{path}.join") == Join.ANY else Join.ALL
        if deep <= rules.DEEPEST:
            places = (
                whole_number(place) for place in sent.getlist(f"{path}.part")[: rules.MOST_CONDITIONS + 1]
            )
            part.parts = [
                _read(sent, f"{path}.{place}", words, deep=deep + 1) for place in places if place is not None
            ]
        return part
    asked = sent.get(f"{path}.ask", "")
    offered = [ask for ask, _label in part.asks]
    part.ask = Ask(asked) if asked in offered else Ask(offered[0]) if offered else Ask.KNOWN
    for name in ("low", "high", "days"):
        setattr(part, name, sent.get(f"{path}.{name}", "").strip()[:_LONGEST_NUMBER])
    part.values = tuple(dict.fromkeys(sent.getlist(f"{path}.values")[:500]))
    return part


def _change(root: Entered, verb: str, path: str, sent: Sent) -> None:
    parts = {part.path: part for part in root}
    if verb == REMOVE:
        above = parts.get(path.rpartition(".")[0])
        if above is not None:
            above.parts = [part for part in above.parts if part.path != path]
        return
    group = parts.get(path)
    if group is None or not group.is_group:
        return
    if verb == NEST:
        group.parts.append(Entered("", GROUP, join=Join.ANY if group.join is Join.ALL else Join.ALL))
    elif (code := sent.get(f"{path}.new", "")) in fields():
        group.parts.append(Entered("", code, ask=ASKS[fields()[code].kind][0], offered=root.offered))


def _number(part: Entered, path: str) -> None:
    part.path = path
    for place, inner in enumerate(part.parts):
        _number(inner, f"{path}.{place}")


def _of(node: Node, words: Mapping[str, list[str]]) -> Entered:
    if isinstance(node, Group):
        return Entered(
            "", GROUP, is_not=node.is_not, join=node.join, parts=[_of(part, words) for part in node.parts]
        )
    kind = fields()[node.field].kind if node.field in fields() else Kind.NUMBER
    return Entered(
        "", node.field, is_not=node.is_not, ask=node.ask, low=_typed(node.low, kind), high=_typed(node.high, kind),
        days="" if node.days is None else str(node.days), values=node.values, offered=words,
    )  # fmt: skip


def _understood(root: Entered) -> EnteredRule:
    faults: dict[str, str] = {}
    rule = _node(root, faults)
    assert isinstance(rule, Group)
    for problem in rules.problems(rule, fields()):
        path = ".".join([ROOT, *map(str, problem.path)])
        faults.setdefault(path, problem_in_words(problem.code))
    for part in root:
        part.problem = faults.get(part.path, "")
    return EnteredRule(root, rule, not faults)


def _node(part: Entered, faults: dict[str, str]) -> Node:
    if part.is_group:
        return Group(part.join, tuple(_node(inner, faults) for inner in part.parts), part.is_not)
    low = high = None
    days = None
    try:
        if part.ask is Ask.BETWEEN:
            low, high = (_limit(text, part.value_kind) for text in (part.low, part.high))
        elif part.ask in {Ask.WITHIN, Ask.LONGER, Ask.AHEAD}:
            days = whole_number(part.days)
    except _NotRead as unread:
        faults[part.path] = str(unread)
    values = part.values if part.ask is Ask.IN else ()
    return Condition(part.kind, part.ask, low, high, values, days, part.is_not)


def _limit(text: str, kind: str) -> rules.Number | date | None:
    """What was typed, in the unit of the portrait: cents, parts per million. None where nothing was."""
    if not text:
        return None
    if kind == Kind.DATE:
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise _NotRead(_("Enter a day like 2026-10-31.")) from error
    try:
        number = Decimal(text.replace(",", "").replace("，", "").removesuffix("%"))
    except InvalidOperation as error:
        raise _NotRead(_("Enter a number.")) from error
    if not number.is_finite():
        raise _NotRead(_("Enter a number."))
    if kind == Kind.POINTS:
        return float(number)
    scaled = number * {Kind.MONEY: CENTS, Kind.SHARE: PPM_A_PERCENT}.get(Kind(kind), 1) if kind else number
    if abs(scaled) > Decimal(2**63):
        raise _NotRead(_("Enter a smaller number."))
    if scaled != int(scaled):
        raise _NotRead(
            _("Enter a whole number.") if kind == Kind.NUMBER else _("Enter a number with fewer decimals.")
        )
    return int(scaled)


def _typed(limit: rules.Number | date | None, kind: Kind) -> str:
    """A stored limit as one types it."""
    if limit is None:
        return ""
    if isinstance(limit, date):
        return limit.isoformat()
    number = Decimal(str(limit)) / {Kind.MONEY: CENTS, Kind.SHARE: PPM_A_PERCENT}.get(kind, 1)
    return plain_decimal(number)
