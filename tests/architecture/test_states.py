"""States and their tables: every state has its words, its row, and a way from the first; people have times."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest
from django.apps import apps
from django.db import models
from tests.architecture.sources import PACKAGE, module_of, python_files, tree_of

WITHOUT_TABLE = {
    "ValueState": "says where a value comes from; nothing moves",
}
"""State enums that need no table of what may follow, and why."""
WITHOUT_WORDS = {"KeyState": "no person meets it; operators read it as the code"}


def state_enums() -> list[type[models.TextChoices]]:
    """Every `…State` of the rooms, from where it is defined."""
    found = []
    for path in python_files(PACKAGE):
        if path.name == "enums.py" or "models" in path.parts:
            module = import_module(module_of(path))
            found += [
                member
                for name, member in vars(module).items()
                if name.endswith("State") and member.__module__ == module.__name__
            ]
    return found


def table_of(enum: type[models.TextChoices], module: ModuleType) -> dict | None:
    """The table of what may follow: `NEXT_RUN_STATE` for RunState."""
    words = enum.__name__.removesuffix("State").upper()
    return getattr(module, f"NEXT_{words}_STATE", None)


def faults(enum: type[models.TextChoices], table: dict) -> Iterator[str]:
    """States without a row, rows that lead to no state, and states nobody reaches from the first."""
    states = list(enum)
    for state in states:
        if state not in table:
            yield f"{state}: no row"
    for state in set(table) - set(states):
        yield f"{state}: a row, but no state"
    reached, ahead = set(), [states[0]]
    while ahead:
        state = ahead.pop()
        if state not in reached:
            reached.add(state)
            ahead += table.get(state, ())
    for state in states:
        if state not in reached:
            yield f"{state}: nothing leads there"


@pytest.mark.parametrize("enum", state_enums(), ids=lambda enum: enum.__name__)
def test_every_state_has_words_and_a_row_and_is_reached(enum: type[models.TextChoices]) -> None:
    has_words = all(str(state.label).strip() and state.label != state.value for state in enum)
    assert has_words != (enum.__name__ in WITHOUT_WORDS)
    table = table_of(enum, import_module(enum.__module__))
    if enum.__name__ in WITHOUT_TABLE:
        assert table is None, "listed as needing no table, but has one"
    else:
        assert table is not None, "no table NEXT_…"
        assert list(faults(enum, table)) == []


def test_a_state_without_row_or_way_is_found() -> None:
    class LampState(models.TextChoices):
        OFF = "OFF", "Off"
        ON = "ON", "On"
        BROKEN = "BROKEN", "Broken"

    table = {LampState.OFF: {LampState.ON}, LampState.ON: {LampState.OFF}}
    assert list(faults(LampState, table)) == ["BROKEN: no row", "BROKEN: nothing leads there"]


def moved_by_hand(tree: ast.AST, enum: str) -> list[str]:
    """Where a row is given a state of this enum: by assignment, or by `update(state=…)`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and f"{enum}." in ast.unparse(node.value):
            found += [ast.unparse(node) for target in node.targets if ".state" in ast.unparse(target)]
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".update"):
            found += [
                ast.unparse(node)
                for word in node.keywords
                if word.arg == "state" and f"{enum}." in ast.unparse(word.value)
            ]
    return found


def test_a_batch_is_moved_by_its_table_only() -> None:
    found = {
        f"{path.name}: {move}"
        for path in python_files(PACKAGE / "facts")
        for move in moved_by_hand(tree_of(path), "BatchState")
    }
    assert found == set()


def test_a_move_by_hand_is_found() -> None:
    source = (
        "batch.state, batch.rejects = BatchState.DISCARDED, b''\n"
        "rows.filter(state=BatchState.LOADING).update(state=BatchState.PREVIEW)\n"
        "owners = rows.filter(state=BatchState.READING)"
    )
    assert len(moved_by_hand(ast.parse(source), "BatchState")) == 2


def unpaired(model: type[models.Model]) -> list[str]:
    """Fields `x_by` that may be empty beside an `x_at` that may be empty, with no constraint over both."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    conditions = [
        str(constraint.condition)
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    ]
    return [
        f"{model.__name__}.{name}"
        for name, field in fields.items()
        if name.endswith("_by")
        and field.null
        and (time := fields.get(name.removesuffix("_by") + "_at"))
        and time.null
        and not any(f"'{name}__" in condition and f"'{time.name}__" in condition for condition in conditions)
    ]


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("zhike.")]


def test_who_and_when_are_kept_together_by_the_database() -> None:
    assert [field for model in ours() for field in unpaired(model)] == []


def test_models_keep_to_the_house_rules() -> None:
    for model in ours():
        assert not model._meta.ordering, f"{model.__name__}: order belongs to the query"
        assert model.save is models.Model.save or "save" not in vars(model), (
            f"{model.__name__}: save() is overridden"
        )
        assert "__str__" in {name for base in model.__mro__[:-2] for name in vars(base)}, model.__name__
        for field in model._meta.concrete_fields:
            kind = field.get_internal_type()
            assert not (field.name.endswith("_at") and kind != "DateTimeField"), (
                f"{model.__name__}.{field.name}"
            )
            assert not (field.name.endswith("_on") and kind != "DateField"), f"{model.__name__}.{field.name}"


def test_a_person_without_a_time_is_found() -> None:
    class Box(models.Model):
        opened_by = models.CharField(null=True)
        opened_at = models.DateTimeField(null=True)

        class Meta:
            app_label = "attic"

        def __str__(self) -> str:
            return "box"

    assert unpaired(Box) == ["Box.opened_by"]
    Box._meta.constraints = [
        models.CheckConstraint(
            name="box", condition=models.Q(opened_by__isnull=True) | models.Q(opened_at__isnull=False)
        )
    ]
    assert unpaired(Box) == []
