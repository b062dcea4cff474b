"""The parts of pages: strict about what they are told, complete in the gallery, readable to everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client
from django.utils import translation

import zhike
from tests.cast import Bank
from zhike.core.components import COMPONENTS
from zhike.core.labels import Register, known
from zhike.core.parameters import shipped

SOURCES = Path(zhike.__file__).parent
STYLES = SOURCES / "static" / "zk"
TEMPLATES = sorted(SOURCES.rglob("templates/**/*.html"))
TOKENS = dict(re.findall(r"--zk-([\w-]+):\s*(#[0-9a-f]{6})", (STYLES / "tokens.css").read_text("utf-8")))
TEXT_ON = {
    **dict.fromkeys(product(("ink", "ink-2", "ink-3"), ("bg", "surface", "surface-2", "hover", "side")), 4.5),
    **{(name, f"{name}-soft"): 4.5 for name in ("primary", "danger", "warn", "ok", "gold")},
    **{(name, "surface"): 4.5 for name in ("primary", "danger", "warn", "ok", "gold", "up", "down")},
    **{(name, "hover"): 4.5 for name in ("up", "down", "primary")},
    ("line-3", "surface"): 3.0,
    ("surface", "primary"): 4.5,
    ("surface", "night"): 4.5,
}  # fmt: skip


def luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.requirement("S-68")
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON, ids="-on-".join)
def test_text_contrasts_with_its_ground(ink: str, ground: str) -> None:
    light, dark = sorted((luminance(TOKENS[ink]), luminance(TOKENS[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= TEXT_ON[ink, ground]


@pytest.mark.parametrize(
    "text",
    [
        '{% ui "nonsense" %}',
        '{% ui "tag" %}',
        '{% ui "tag" text="x" colour="red" %}',
        '{% ui "panel" title="x" %}{% slot "side" %}{% endslot %}{% endui %}',
        '{% ui "panel" title="x" %}{% if y %}{% slot "footer" %}{% endslot %}{% endif %}{% endui %}',
    ],
    ids=["unknown part", "missing attribute", "unknown attribute", "unknown slot", "slot within a condition"],
)
def test_a_part_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Template(text)


def test_a_part_escapes_what_it_is_given() -> None:
    drawn = Template('{% ui "tag" text=text %}').render(Context({"text": "<b>"}))
    assert "&lt;b&gt;" in drawn


def test_every_part_has_its_template_and_the_gallery_shows_it() -> None:
    drawn = {path.stem for path in TEMPLATES if path.parent.name == "ui"}
    assert set(COMPONENTS) <= drawn
    gallery = (SOURCES / "core/templates/core/gallery.html").read_text("utf-8")
    shown = set(re.findall(r'{% ui "(\w+)"', gallery))
    assert set(COMPONENTS) - shown <= {"track", "desc", "error_summary"}  # drawn within other parts


def test_every_icon_is_in_the_sprite() -> None:
    listed = set((SOURCES.parent.parent / "tools/icons.txt").read_text("utf-8").split())
    in_page, in_navigation = r'(?:{% icon |icon=)"([\w-]+)"', r'_\("[^"]+"\),\s*"([\w-]+)"'
    used = {name for path in TEMPLATES for name in re.findall(in_page, path.read_text("utf-8"))}
    for path in SOURCES.rglob("urls.py"):
        used |= set(re.findall(in_navigation, path.read_text("utf-8")))
    assert used
    assert used - listed == set()


def test_no_template_holds_what_the_content_policy_forbids() -> None:
    forbidden = re.compile(r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*\ssrc=)|javascript:")
    assert [path.name for path in TEMPLATES if forbidden.search(path.read_text("utf-8"))] == []


def test_every_shipped_parameter_and_unit_has_words() -> None:
    assert {row.code for row in shipped()} - known(Register.PARAMETER).keys() == set()
    assert {row.unit for row in shipped() if row.unit} - known(Register.UNIT).keys() == set()


def test_the_gallery_draws_every_part(bank: Bank, client_of: Callable[..., Client]) -> None:
    page = client_of(bank.zheng).get("/gallery/")
    assert page.status_code == 200
    assert page.content.decode().count("<h1") == 1


def test_the_gallery_wants_somebody_signed_in(visitor: Client) -> None:
    assert visitor.get("/gallery/").url == "/login/?next=/gallery/"


@pytest.mark.parametrize(("language", "asked"), [("zh-hans", "请填写此项。"), ("zh-hant", "請填寫此項。")])
def test_a_form_asks_for_what_is_missing_as_a_dialog_does(language: str, asked: str) -> None:
    class Asked(forms.Form):
        name = forms.CharField()

    with translation.override(language):
        assert Asked({}).errors["name"] == [asked]
