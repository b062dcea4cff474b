"""Units and staff of a bank of any size: the cast first, then as many more as its customers need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from zhike.facts.demo import cast, vocabulary
from zhike.facts.demo.draws import below, draw

CUSTOMERS_PER_OUTLET = 8_000
OUTLETS_PER_BRANCH = 8
CUSTOMERS_PER_SEAT = 250  # about 200 of them are still customers

_BRANCH_PLACES = ("城南", "城北", "滨江", "高新", "开发区", "临港", "新城", "湖滨", "南山", "北岭")
_OUTLET_PLACES = vocabulary.STREETS.split()


@dataclass(frozen=True, slots=True)
class Seat:
    """A place for one account manager's portfolio: outlet (numbered from 0), seat from 1, who sits there."""

    outlet: int
    seat: int
    staff_no: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """Units, staff, the outlets that hold customers in order, and the managers' seats."""

    units: tuple[cast.Unit, ...]
    staff: tuple[cast.Employee, ...]
    outlets: tuple[cast.Unit, ...]
    seats: tuple[Seat, ...]


def organise(*, customers: int, seed: int, business_date: date) -> Organisation:
    """Units and staff for `customers`: one outlet per 8,000 and four at least, one manager per 250."""
    units = [*cast.UNITS, *_more_units(customers)]
    outlets = [unit for unit in units if unit.kind in ("OUTLET", "DIRECT_OUTLET")]
    staff = list(cast.STAFF)
    seats: list[Seat] = []
    hire = _Hiring(seed, business_date)
    seat_count = max(3, -(-customers // len(outlets) // CUSTOMERS_PER_SEAT))
    for unit in units[len(cast.UNITS) :]:
        if unit.kind == "SUB_BRANCH":
            staff += [hire(cast.BRANCH_HEAD, unit), hire(cast.SUPERVISOR, unit)]
    for number, outlet in enumerate(outlets):
        posts_filled = {employee.post for employee in staff if employee.outlet_code == outlet.outlet_code}
        for post in (cast.OUTLET_HEAD, cast.WEALTH_MANAGER, cast.LOBBY_MANAGER, cast.TELLER, cast.TELLER):
            if post not in posts_filled:
                staff.append(hire(post, outlet))
        named = dict(cast.NAMED_MANAGERS.get(outlet.outlet_code, ()))
        for seat in range(1, seat_count + 1):
            if seat not in named:
                staff.append(hire(cast.ACCOUNT_MANAGER, outlet))
            seats.append(Seat(number, seat, named.get(seat, staff[-1].staff_no)))
    return Organisation(tuple(units), tuple(staff), tuple(outlets), tuple(seats))


def _more_units(customers: int) -> list[cast.Unit]:
    known = sum(unit.kind in ("OUTLET", "DIRECT_OUTLET") for unit in cast.UNITS)
    units: list[cast.Unit] = []
    for number in range(max(0, customers // CUSTOMERS_PER_OUTLET - known)):
        branch, place = divmod(number, OUTLETS_PER_BRANCH)
        branch_code = f"{2000 + branch * 10}"
        round_, name = divmod(branch, len(_BRANCH_PLACES))
        area = _BRANCH_PLACES[name] + ("" if round_ == 0 else f"第{round_ + 1}")
        if place == 0:
            units.append(
                cast.Unit(branch_code, f"{area}支行", "SUB_BRANCH", cast.HEAD_OFFICE, f"天华市{area}区")
            )
        street = _OUTLET_PLACES[number % len(_OUTLET_PLACES)]
        code = f"{2000 + branch * 10 + place + 1}"
        units.append(cast.Unit(code, f"{area}{street}网点", "OUTLET", branch_code, f"天华市{area}区"))
    return units


class _Hiring:
    """Hires people under running staff numbers from T1001 on."""

    def __init__(self, seed: int, business_date: date) -> None:
        self._seed = seed
        self._today = business_date
        self._hired = 0
        self._surnames = [name for name, share in vocabulary.SURNAMES.items() for _ in range(share)]

    def __call__(self, post: str, unit: cast.Unit) -> cast.Employee:
        self._hired += 1
        number = self._hired
        _, men, women = vocabulary.GENERATIONS[1 + self._pick("staff generation", 2)]
        given = (men, women)[self._pick("staff sex", 2)].split()
        name = (
            self._surnames[self._pick("staff surname", len(self._surnames))]
            + given[self._pick("staff given name", len(given))]
        )
        hired_on = self._today - timedelta(days=200 + self._pick("staff hired", 4_500))
        return cast.Employee(f"T{1000 + number}", name, post, unit.outlet_code, hired_on)

    def _pick(self, what: str, n: int) -> int:
        return below(draw(self._seed, what, self._hired), n)
