"""Numbers of a scheme as fields: weights, thresholds, rules, indicators; and back to a scheme."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhike.analytics.indicators import CATALOGUE, NORMALISER_PARAMETERS, Indicator, Normaliser
from zhike.analytics.scheme import IndicatorUse, SchemeSpec, WeightSet
from zhike.core import formats
from zhike.loyalty.enums import Cycle
from zhike.loyalty.queries.scheme_versions import NUMBERS, SHARES
from zhike.loyalty.queries.sentences import (
    DEFINITIONS,
    NORMALISER_LABELS,
    PARAMETER_LABELS,
    POLICY_LABELS,
    indicator_label,
    weight_set_label,
)

THRESHOLDS = ("high_from", "medium_from", "hysteresis_points")


@dataclass(frozen=True)
class WeightRow:
    """One slider: a weight with the one in force beside it."""

    field: forms.BoundField
    label: str
    value: Any
    current: Decimal | None
    note: str


@dataclass(frozen=True)
class WeightTable:
    """The sliders of one weight set."""

    code: str
    label: str
    rows: list[WeightRow]
    total: Decimal
    is_default: bool

    @property
    def has_errors(self) -> bool:
        """Whether a weight of the set was refused."""
        return any(row.field.errors for row in self.rows)

    @property
    def is_whole(self) -> bool:
        """Whether the weights add up to 100 %."""
        return self.total == 100


@dataclass(frozen=True)
class IndicatorFields:
    """The fields of one indicator of the catalogue."""

    code: str
    label: str
    definition: str
    is_used: bool
    fields: list[forms.BoundField]


class NumbersForm(forms.Form):
    """The numbers of a scheme. Weights and shares are entered in per cent, thresholds in points.

    The form reads; whether a scheme makes sense is for others to say, so its numbers may be wrong. `ruling` is the
    scheme whose weights stand beside as those in force.
    """

    def __init__(self, *args: Any, spec: SchemeSpec, ruling: SchemeSpec | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec, self.ruling = spec, ruling
        self._add_numbers()
        for code, indicator in CATALOGUE.items():
            self._add_indicator(code, indicator)
        for weight_set in spec.weight_sets:
            for code in CATALOGUE:
                self._add(
                    f"w-{weight_set.code}-{code}",
                    _weight_field(
                        f"{weight_set_label(weight_set.code)}{gettext(': ')}{indicator_label(code)}"
                    ),
                    Decimal(weight_set.weights.get(code, 0)) / 100,
                )

    @property
    def numbers(self) -> list[forms.BoundField]:
        """Cycle, windows, shares: everything but the thresholds."""
        return [self[name] for name in NUMBERS if name not in THRESHOLDS]

    @property
    def thresholds(self) -> list[forms.BoundField]:
        """Where tiers begin, and the tolerance below."""
        return [self[name] for name in ("medium_from", "high_from", "hysteresis_points")]

    @property
    def used(self) -> list[str]:
        """The indicators ticked, or those of the scheme before anything was sent."""
        return [code for code in CATALOGUE if self[f"use-{code}"].value() in (True, "on", "True", "true")]

    @property
    def weight_tables(self) -> list[WeightTable]:
        """The sliders, set by set; indicators not in use have none."""
        return [self._table(weight_set) for weight_set in self.spec.weight_sets]

    @property
    def indicator_fields(self) -> list[IndicatorFields]:
        """Everything that can be set about each indicator."""
        used = set(self.used)
        return [
            IndicatorFields(
                code, indicator_label(code), str(DEFINITIONS[code]), code in used, list(self._fields_of(code))
            )
            for code in CATALOGUE
        ]

    def to_spec(self) -> dict[str, Any]:
        """The entered scheme as plain data; what has no field here stays as it is."""
        entered = self.cleaned_data
        plain = self.spec.to_dict()
        for name in (each for each in NUMBERS if each in self.fields):
            value = entered[name]
            plain[name] = int(value * 100) if name in SHARES else value if name == "cycle" else float(value)
        used = self._entered_codes()
        uses = {use.code: use for use in self.spec.indicators}
        plain["indicators"] = [self._entered_use(code, uses.get(code)) for code in used]
        plain["weight_sets"] = [
            {**each, "weights": self._weights(each["code"], used)} for each in plain["weight_sets"]
        ]
        return plain

    def _entered_codes(self) -> list[str]:
        """The indicators the entered scheme weighs."""
        return [code for code in CATALOGUE if self.cleaned_data[f"use-{code}"]]

    def _entered_use(self, code: str, use: IndicatorUse | None) -> dict[str, Any]:
        scale = self.cleaned_data[f"scale-{code}"]
        return {
            "code": code,
            "policy": self.cleaned_data[f"policy-{code}"],
            "normaliser": scale,
            "parameters": self._parameters(code, scale, use),
            "by_business_type": {key: dict(value) for key, value in use.by_business_type.items()}
            if use
            else {},
        }

    def _weights(self, set_code: str, used: list[str]) -> dict[str, int]:
        entered = {code: self.cleaned_data[f"w-{set_code}-{code}"] or Decimal(0) for code in used}
        return {code: int(value * 100) for code, value in entered.items() if value}

    def _parameters(self, code: str, scale: Normaliser, use: IndicatorUse | None) -> dict[str, float]:
        """Only numbers the chosen way of scaling knows; the others would be refused."""
        known = {each.name for each in (*CATALOGUE[code].parameters, *NORMALISER_PARAMETERS[scale])}
        stated = {**(use.parameters if use else {}), **self._entered_numbers(code)}
        return {
            name: float(value)
            for name, value in sorted(stated.items())
            if name in known and value is not None
        }

    def _entered_numbers(self, code: str) -> dict[str, float | None]:
        names = {name: f"p-{code}-{name}" for name in _parameter_names(CATALOGUE[code])}
        return {name: self.cleaned_data.get(field) for name, field in names.items() if field in self.fields}

    def _add_numbers(self) -> None:
        for name, label in NUMBERS.items():
            value: Any = getattr(self.spec, name)
            if name == "cycle":
                self._add(name, forms.ChoiceField(label=label, choices=Cycle.choices), value)
            elif name in SHARES:
                field = forms.DecimalField(label=format_lazy("{} (%)", label), min_value=0, max_value=100)
                self._add(name, field, Decimal(value) / 100)
            elif name in THRESHOLDS:
                self._add(name, forms.DecimalField(label=label, min_value=0, max_value=100), f"{value:g}")
            else:
                self._add(name, forms.IntegerField(label=label, min_value=0, max_value=120), value)

    def _add_indicator(self, code: str, indicator: Indicator) -> None:
        use = next((each for each in self.spec.indicators if each.code == code), None)
        self._add(f"use-{code}", forms.BooleanField(label=_("Use"), required=False), use is not None)
        policies = [(each, POLICY_LABELS[each]) for each in indicator.policies]
        scales = [(each, NORMALISER_LABELS[each]) for each in indicator.normalisers]
        self._add(
            f"policy-{code}", forms.ChoiceField(label=_("Missing data"), choices=policies),
            use.policy if use else indicator.policies[0],
        )  # fmt: skip
        self._add(
            f"scale-{code}", forms.ChoiceField(label=_("Scaling"), choices=scales),
            use.normaliser if use else indicator.normalisers[0],
        )  # fmt: skip
        for name in _parameter_names(indicator):
            field = forms.FloatField(label=PARAMETER_LABELS.get(name, name), required=False)
            self._add(f"p-{code}-{name}", field, _set_number(use, name))

    def _add(self, name: str, field: forms.Field, initial: Any) -> None:
        self.fields[name] = field
        self.initial.setdefault(name, initial)

    def _fields_of(self, code: str) -> Iterator[forms.BoundField]:
        names = [f"policy-{code}", f"scale-{code}"]
        names += [f"p-{code}-{name}" for name in _parameter_names(CATALOGUE[code])]
        yield from (self[name] for name in names if name in self.fields)

    def _table(self, weight_set: WeightSet) -> WeightTable:
        ruling = next(
            (
                each
                for each in (self.ruling.weight_sets if self.ruling else ())
                if each.code == weight_set.code
            ),
            None,
        )
        rows = [self._row(weight_set.code, code, ruling) for code in self.used]
        total = sum((decimal_of(row.value) for row in rows), Decimal(0))
        return WeightTable(
            weight_set.code, weight_set_label(weight_set.code), rows, total.normalize() + 0,
            weight_set.code == self.spec.default_weight_set,
        )  # fmt: skip

    def _row(self, set_code: str, code: str, ruling: WeightSet | None) -> WeightRow:
        field = self[f"w-{set_code}-{code}"]
        value = decimal_of(field.value())
        current = Decimal(ruling.weights.get(code, 0)) / 100 if ruling else None
        note = "" if current is None else note_beside(current, value, unit="%")
        return WeightRow(field, indicator_label(code), f"{value:g}", current, note)


def note_beside(current: Decimal, value: Decimal, *, unit: str) -> str:
    """What stands beside a slider: the number in force, and how far the entered one is from it."""
    words = {"share": f"{formats.grouped(current, 0 if current == int(current) else 2)}{unit}"}
    if value == current:
        return gettext("in force: %(share)s") % words
    return gettext("in force: %(share)s, %(change)s") % {**words, "change": f"{float(value - current):+g}"}


def _weight_field(label: str) -> forms.DecimalField:
    between = _("Between 0 and 100, with two decimals at most.")
    names = ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits")
    return forms.DecimalField(
        label=label, min_value=0, max_value=100, decimal_places=2, required=False,
        error_messages=dict.fromkeys(names, between),
    )  # fmt: skip


def _parameter_names(indicator: Indicator) -> list[str]:
    scaling = (each.name for scale in indicator.normalisers for each in NORMALISER_PARAMETERS[scale])
    return list(dict.fromkeys((*scaling, *(each.name for each in indicator.parameters))))


def _set_number(use: IndicatorUse | None, name: str) -> str:
    """A number the scheme sets itself; the catalogue's default stays empty."""
    if use is None or name not in use.parameters:
        return ""
    value = use.parameters[name]
    return str(int(value)) if value.is_integer() else repr(value)  # all digits: saving must not change them


def decimal_of(value: Any) -> Decimal:
    """What was entered as a number; 0 for what is none."""
    try:
        return Decimal(str(value or 0))
    except ArithmeticError:
        return Decimal(0)
