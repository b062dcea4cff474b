"""The product's own sources, as the architecture tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "zhike"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(folder: Path) -> Iterator[Path]:
    """Every module below a folder, but what Django or others wrote."""
    for path in sorted(folder.rglob("*.py")):
        if not {"migrations", "vendor", "__pycache__"} & set(path.parts):
            yield path


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_of(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def module_of(path: Path) -> str:
    """The dotted name of a module below src/."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rooms() -> list[Path]:
    """Every package directly below zhike."""
    return sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
