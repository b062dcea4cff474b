"""The front-end tool, as far as it works without a network."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools import frontend

ICON = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none"
  stroke="currentColor" stroke-width="2">
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M5 4h4" />
</svg>"""


@pytest.fixture
def icons(tmp_path: Path) -> Path:
    for style in ("outline", "filled"):
        (tmp_path / style).mkdir()
        (tmp_path / style / "phone.svg").write_text(ICON, encoding="utf-8")
    return tmp_path


def test_icon_names_skip_comments_and_repetitions() -> None:
    assert frontend.icon_names("# ours\nphone\n\nbell  # top bar\nphone\n") == ["bell", "phone"]


def test_sprite_holds_one_symbol_an_icon_without_the_invisible_frame(icons: Path) -> None:
    root = ElementTree.fromstring(frontend.sprite(["phone", "phone-filled"], icons))
    assert [symbol.get("id") for symbol in root] == ["phone", "phone-filled"]
    assert [shape.get("d") for shape in root[0]] == ["M5 4h4"]
    assert root[0].get("stroke") == "currentColor"


def test_sprite_refuses_a_name_that_tabler_does_not_have(icons: Path) -> None:
    with pytest.raises(frontend.FrontendError, match="'telephone'"):
        frontend.sprite(["telephone"], icons)


@pytest.mark.parametrize("pointer", ["/*# sourceMappingURL=a.css.map */", "//# sourceMappingURL=a.js.map"])
def test_source_map_pointers_are_removed(pointer: str) -> None:
    assert frontend.without_source_map(f"body{{}}\n{pointer}\n") == "body{}\n"


def test_lock_file_names_no_registry_and_keeps_every_hash() -> None:
    packages = json.loads((frontend.ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    fetched = {name: entry for name, entry in packages.items() if name}
    assert not any("resolved" in entry for entry in fetched.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in fetched.values())
