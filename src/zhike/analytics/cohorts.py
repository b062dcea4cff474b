"""How many of those who came in one period are still here after so many: retention triangles (N-03, formula E.8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from zhike.analytics import plan
from zhike.analytics.engine import Engine, Value
from zhike.analytics.habits import ALL


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers who came in a period that began on `from_on`; `kept[k]` were still here after k whole periods.

    Only periods that have passed for everybody of the cohort are told; `kept[0]` is all of them.
    """

    business_type: str
    from_on: date
    kept: tuple[int, ...]

    @property
    def size(self) -> int:
        """Customers who came."""
        return self.kept[0]

    def retention(self, periods: int) -> float | None:
        """The share still here after so many whole periods; None where they have not passed."""
        return self.kept[periods] / self.size if periods < len(self.kept) else None


def read_cohorts(engine: Engine, as_of: date, *, epoch: date, period_months: int = 12) -> tuple[Cohort, ...]:
    """Return the cohorts by business type and of ALL, from `customers`. `epoch` begins the first period.

    Who came before `epoch` is in no cohort. Cohorts of which not one whole period has passed tell their size.
    """
    if period_months < 1 or epoch.day != 1:
        raise ValueError("cohorts are of whole months and begin on the first of one")
    bound: dict[str, Value] = {"as_of": as_of, "epoch": epoch, "period_months": period_months}
    lives: dict[tuple[str, int], list[tuple[int | None, int]]] = {}
    for business_type, cohort, stayed, count in engine.fetch(plan.text("keeping/cohorts"), bound):
        for name in (business_type, ALL):
            lives.setdefault((name, cohort), []).append((stayed, count))
    found = []
    for (name, cohort), rows in sorted(lives.items()):
        begins = plan.months_before(epoch, -cohort * period_months)
        ends = plan.months_before(begins, -period_months)
        found.append(Cohort(name, begins, triangle_row(rows, _whole_periods(ends, as_of, period_months))))
    return tuple(found)


def triangle_row(lives: Iterable[tuple[int | None, int]], passed: int) -> tuple[int, ...]:
    """Return customers still here after 0, 1, ..., `passed` periods, from (periods stayed or None, customers)."""
    rows = list(lives)
    return tuple(
        sum(count for stayed, count in rows if stayed is None or stayed >= periods)
        for periods in range(passed + 1)
    )


def _whole_periods(ends: date, as_of: date, period_months: int) -> int:
    """Periods that have passed for the last who came, the day before `ends`."""
    months = (as_of.year - ends.year) * 12 + as_of.month - ends.month - (as_of.day < ends.day)
    following = date.fromordinal(as_of.toordinal() + 1)
    if following.day == 1:  # the last day of a month completes it
        months = (following.year - ends.year) * 12 + following.month - ends.month
    return max(0, months // period_months)
