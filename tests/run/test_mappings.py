"""Which mapping a command means: a file, or a name in the bank's own folder of mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from zhike.cli.imports import find_mapping


def test_a_name_is_looked_up_in_the_banks_folder(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAPPINGS = tmp_path / "bank"
    for folder in (tmp_path / "bank", tmp_path / "elsewhere" / "mappings"):
        folder.mkdir(parents=True)
        (folder / "core.toml").write_text("", encoding="utf-8")
    (tmp_path / "elsewhere" / "mappings" / "other.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "elsewhere")
    for name in ("core", "core.toml"):
        assert find_mapping(Path(name)) == tmp_path / "bank" / "core.toml"
    with pytest.raises(click.BadParameter, match="There is no mapping other"):
        find_mapping(Path("other"))


def test_a_file_is_taken_as_it_is(tmp_path: Path, settings: Any) -> None:
    settings.MAPPINGS = tmp_path / "bank"
    own = tmp_path / "own.toml"
    own.write_text("", encoding="utf-8")
    assert find_mapping(own) == own
