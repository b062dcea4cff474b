"""The whole API held against its own description by schemathesis: every operation, every check (G20).

The application answers in this process, over the test's own connection, so that what it writes goes with the test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup

from tests.rest.programs import Program
from zhike.rest.views.problems import KEY_HEADER

DOCUMENT = "/api/v1/openapi.json"
_numbers = count(1)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass
class Figures:
    """What was called, and what was answered."""

    operations: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)

    def note(self, operation: str, status: int) -> None:
        self.operations.add(operation)
        self.statuses[status] += 1

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        return f"{len(self.operations)} operations, {self.statuses.total():,} answers ({answers})"


@contextmanager
def described(program: Program) -> Iterator[Any]:
    """The API as it describes itself to this program."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        schema = schemathesis.openapi.from_wsgi(DOCUMENT, _application(), headers=program.headers)
        schema.config.update(headers=program.headers)
        yield schema
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def hammer(schema: Any, *, examples: int) -> Figures:
    """Call every operation with so many right and so many wrong requests. Raises all that the checks found."""
    figures, faults = Figures(), []
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in MODES:
            try:
                _hammer_one(operation, mode, figures, examples)
            except Unsatisfiable:  # an operation that takes nothing cannot be asked wrongly
                assert mode is GenerationMode.NEGATIVE, operation.label
            except (Failure, FailureGroup) as fault:
                faults.append(fault)
    if faults:
        raise BaseExceptionGroup(f"the API is not as described: {figures}", faults)
    return figures


def walk(schema: Any, *, examples: int, steps: int) -> Figures:
    """Walk from operation to operation along the links of the description. Raises what a check found."""
    figures = Figures()

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            _give_own_key(case)

        def after_call(self, response: Any, case: Any) -> None:
            figures.note(case.operation.label, response.status_code)

    Walk.run(settings=_limits(examples, stateful_step_count=steps))
    return figures


def _hammer_one(operation: Any, mode: GenerationMode, figures: Figures, examples: int) -> None:
    @seed(20)
    @_limits(examples)
    @given(case=operation.as_strategy(generation_mode=mode))
    def called(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _give_own_key(case)
        response = case.call_and_validate()
        figures.note(operation.label, response.status_code)

    called()


def _give_own_key(case: Any) -> None:
    """A key of an earlier request is refused though its form is right, as it must be: no two are the same here."""
    if case.headers and KEY_HEADER in case.headers:
        case.headers[KEY_HEADER] = f"key-{next(_numbers)}"


def _limits(examples: int, **more: Any) -> settings:
    return settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate), **more,
    )  # fmt: skip


def _application() -> Callable[..., Any]:
    handler = WSGIHandler()

    def answered(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["HTTP_HOST"] = "localhost"
        answer = handler(environ, start_response)
        try:
            return list(answer)
        finally:
            answer.close()

    return answered
