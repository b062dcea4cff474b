"""Fields of choices are drawn without a template; they read as Django's own would."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

from zhike.core.ui import FormRenderer

CHOICES = [("", "All"), ("1", "A & B"), ("2", '<b onclick="x">'), ("Group", [("3", "C"), (4, "四")])]


class Sample(forms.Form):
    one = forms.ChoiceField(choices=CHOICES, required=False, widget=forms.Select(attrs={"data-apply": True}))
    many = forms.MultipleChoiceField(choices=CHOICES, required=False)


def drawn(renderer: DjangoTemplates, **values: Any) -> str:
    return "".join(str(field) for field in Sample(values, renderer=renderer))


@pytest.mark.parametrize("chosen", ["", "2", "4"])
def test_a_field_of_choices_has_the_parts_that_django_draws(chosen: str) -> None:
    values = {"one": chosen, "many": [chosen]}
    ours, theirs = drawn(FormRenderer(), **values), drawn(DjangoTemplates(), **values)
    assert parse_html(ours) == parse_html(theirs)


def test_choices_are_drawn_as_text() -> None:
    page = drawn(FormRenderer(), one="1")
    assert "<b onclick" not in page
    assert "&lt;b onclick=&quot;x&quot;&gt;" in page
    assert '<option value="1" selected>' in page
