"""Rooms are real and named in words that say something; migrations follow the models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from tests.architecture.sources import PACKAGE, functions_of, python_files, rooms, tree_of

SIDE = {"analytics", "run", "cli", "config"}
"""Packages that are no rooms: they own neither table nor screen."""
WORDLESS = {"util", "utils", "helper", "helpers", "service", "services", "base", "common", "misc"}
DEPTH = 3


def empty(room: Path) -> bool:
    """Whether a room holds neither a table nor an address."""
    has_models = (room / "models.py").exists() or (room / "models").is_dir()
    return not has_models and not (room / "urls.py").exists()


def test_no_room_is_empty() -> None:
    assert [room.name for room in rooms() if room.name not in SIDE and empty(room)] == []


def test_every_room_is_installed_and_says_what_it_owns() -> None:
    installed = {config.name for config in apps.get_app_configs()}
    for room in rooms():
        if room.name not in SIDE:
            assert f"zhike.{room.name}" in installed
        tree = tree_of(room / "__init__.py")
        assert ast.get_docstring(tree), f"{room.name} does not say what it owns"
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not imports or room.name == "cli", f"{room.name}/__init__.py imports something"


def badly_named(package: Path) -> Iterator[str]:
    """Modules and functions whose name says nothing, and modules that lie too deep."""
    for path in python_files(package):
        parts = path.relative_to(package).parts
        if set(path.stem.split("_")) & (WORDLESS | {"manager", "managers"}):
            yield "/".join(parts)
        if len(parts) > DEPTH and parts[1] not in {"management"}:
            yield f"{'/'.join(parts)}: too deep"
        for function in functions_of(tree_of(path)):
            if set(function.name.strip("_").split("_")) & (WORDLESS - {"base"}):
                yield f"{'/'.join(parts)}: {function.name}"


def test_names_say_something_and_folders_stay_flat() -> None:
    assert list(badly_named(PACKAGE)) == []


def test_a_wordless_name_and_a_deep_folder_are_found(tmp_path: Path) -> None:
    deep = tmp_path / "attic" / "operations" / "boxes"
    deep.mkdir(parents=True)
    (deep / "utils.py").write_text("def open_box(): ...\n", encoding="utf-8")
    (tmp_path / "attic" / "boxes.py").write_text("def box_helper(): ...\n", encoding="utf-8")
    assert list(badly_named(tmp_path)) == [
        "attic/boxes.py: box_helper",
        "attic/operations/boxes/utils.py",
        "attic/operations/boxes/utils.py: too deep",
    ]
    assert empty(tmp_path / "attic")


def test_migrations_follow_the_models(db: None) -> None:
    out = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out, verbosity=1)
    except SystemExit:
        pytest.fail(f"models have changed without a migration:\n{out.getvalue()}")


def test_a_changed_model_without_migration_is_found(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from zhike.staff.models import Unit

    monkeypatch.setattr(Unit._meta.get_field("name"), "max_length", 7)
    with pytest.raises(SystemExit):
        call_command("makemigrations", check=True, dry_run=True, stdout=StringIO(), verbosity=1)
