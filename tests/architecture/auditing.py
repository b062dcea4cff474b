"""Which operations write to the audit, found by following their calls through the rooms' own sources."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

from tests.architecture.sources import Function, module_of, python_files, tree_of

WRITES = {"change", "record", "read", "refused"}
AUDIT_ROW = "zhike.core.models.AuditEvent"


@dataclass
class Module:
    """A module's own functions, and what its imported names stand for."""

    functions: dict[str, Function] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


class Sources:
    """All modules of the package, by dotted name."""

    def __init__(self, package: Path) -> None:
        self.modules = {module_of(path): _module(tree_of(path)) for path in python_files(package)}

    def operations(self) -> list[str]:
        """Every public function of every `operations` module, as `room.module.function`."""
        return sorted(
            f"{name}.{function}"
            for name, module in self.modules.items()
            if ".operations." in name
            for function in module.functions
            if not function.startswith("_")
        )

    def audits(self, target: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a function, or one that it calls, writes to the audit."""
        target = self._home(target)
        name, _dot, function = target.rpartition(".")
        module = self.modules.get(name)
        if target in seen or module is None or function not in module.functions:
            return False
        body = ast.walk(module.functions[function])
        calls = [node.func for node in body if isinstance(node, ast.Call)]
        if any(_writes_row(call, module) for call in calls):
            return True
        reached = {_dotted(call, name, module) for call in calls}
        if any(call.rpartition(".")[0] == "zhike.core.audit" for call in reached):
            return any(call.rpartition(".")[2] in WRITES for call in reached)
        return any(self.audits(call, seen | {target}) for call in reached)

    def _home(self, target: str) -> str:
        """Where a function is defined that a package or an api only passes on."""
        name, _dot, function = target.rpartition(".")
        module = self.modules.get(name)
        if module is None or function in module.functions or function not in module.names:
            return target
        return self._home(module.names[function])


def _module(tree: ast.Module) -> Module:
    module = Module(functions={node.name: node for node in tree.body if isinstance(node, Function)})
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                module.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return module


def _dotted(call: ast.expr, name: str, module: Module) -> str:
    """The full name of what is called, as far as the imports tell."""
    if isinstance(call, ast.Name):
        return module.names.get(call.id, f"{name}.{call.id}")
    if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name):
        return f"{module.names.get(call.value.id, '')}.{call.attr}"
    return ""


def _writes_row(call: ast.expr, module: Module) -> bool:
    """The loader writes its audit row over its own connection, without the helper."""
    root = ast.unparse(call)
    return module.names.get(root.partition(".")[0]) == AUDIT_ROW and root.endswith(".create")
