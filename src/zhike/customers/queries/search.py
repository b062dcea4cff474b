"""Finding a customer by whatever staff have: a part of the name, pinyin, initials, number, phone, ID.

Every way starts from `visible_to`; row-level security holds below it. Bounds replace LIKE, so that the index
answers under row-level security too, and every step has a limit, so that one letter costs no more than a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from zhike.core import keys
from zhike.core.access.permissions import Permission
from zhike.customers.models import Customer, CustomerQuerySet, SearchTerm
from zhike.customers.names import TERM_LENGTH, fold, phone_tail_term, prefix_range, simplified, sounds_of
from zhike.staff.models import Staff

LIMIT = 10
PER_CUSTOMER = 4
"""Terms of one customer that may begin alike; so many more rows are read than customers wanted."""

_TAIL = re.compile(r"[0-9]{4}")
_LONG_NUMBER = re.compile(r"[0-9A-Z+()-]{7,24}")


class FoundBy(StrEnum):
    """What matched, best first."""

    IDENTITY = "IDENTITY"
    WHOLE = "WHOLE"
    PHONE_TAIL = "PHONE_TAIL"
    PART = "PART"
    SOUND = "SOUND"


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer found, by what, and whether the searching person keeps the customer."""

    customer: Customer
    found_by: FoundBy
    is_own: bool


def search(text: str, *, staff: Staff, limit: int = LIMIT, numbers: Iterable[str] = ()) -> list[Hit]:
    """The customers in scope that `text` finds: own portfolio first, whole matches before parts.

    Either Chinese script finds the other (張偉 finds 张伟 and 张伟 finds 張偉). Characters that nobody's name is
    written with find names that sound the same. `numbers` are the text as a phone or ID number in the form in
    which the file keeps them, where the caller knows it.
    """
    plain = fold(text)
    if not plain or len(plain) > TERM_LENGTH:
        return []
    scope, written = Customer.objects.visible_to(staff, Permission.CUSTOMER_READ), simplified(plain)
    found: dict[int, FoundBy] = dict.fromkeys(_by_identity((text, *numbers), scope, limit), FoundBy.IDENTITY)
    if _TAIL.fullmatch(plain):
        _add(found, _by_terms(Q(term=phone_tail_term(plain)), staff, scope, limit), FoundBy.PHONE_TAIL)
    # 李娜 before 李娜娜, and the customer number typed in full before longer ones.
    _add(found, _by_terms(Q(term=written), staff, scope, limit), FoundBy.WHOLE)
    if len(found) < limit:
        _add(found, _by_terms(_begins(written), staff, scope, limit), FoundBy.PART)
    for sound in sounds_of(plain) if not found else []:
        _add(found, _by_terms(_begins(sound), staff, scope, limit), FoundBy.SOUND)
    return _ranked(found, staff, limit)


def matching(text: str, scope: CustomerQuerySet, *, numbers: Iterable[str] = ()) -> CustomerQuerySet:
    """The rows of `scope` that `text` finds, for a list that filters and sorts further; `numbers` as above."""
    plain = fold(text)[:TERM_LENGTH]
    if not plain:
        return scope.none() if text.strip() else scope
    found = Q(pk__in=SearchTerm.objects.filter(_begins(simplified(plain))).values("customer_id"))
    if _TAIL.fullmatch(plain):
        tail = SearchTerm.objects.filter(term=phone_tail_term(plain))
        found |= Q(pk__in=tail.values("customer_id"))
    if identity := _identity((text, *numbers)):
        found |= identity
    return scope.filter(found)


def _by_identity(texts: Iterable[str], scope: CustomerQuerySet, limit: int) -> list[int]:
    condition = _identity(texts)
    return list(scope.filter(condition).values_list("pk", flat=True)[:limit]) if condition else []


def _identity(texts: Iterable[str]) -> Q | None:
    """A whole phone or ID number, by its blind index; None for texts that are neither."""
    bare = {"".join(unicodedata.normalize("NFKC", text).split()).upper() for text in texts}
    bare = {text for text in bare if _LONG_NUMBER.fullmatch(text)}
    if not bare:
        return None
    ids, phones = ([keys.blind(field, text) for text in sorted(bare)] for field in ("id_no", "phone"))
    return Q(id_no_index__in=ids) | Q(phone_index__in=phones)


def _begins(text: str) -> Q:
    first, last = prefix_range(text)
    return Q(term__gte=first, term__lt=last)


def _by_terms(terms: Q, staff: Staff, scope: CustomerQuerySet, limit: int) -> list[int]:
    """The customers of these terms, the own portfolio first: it must not be lost behind the limit.

    In the order of the index, so that the same text finds the same customers and nothing else is read for it.
    """
    rows = SearchTerm.objects.filter(terms).order_by("term", "customer_id")
    own = rows.filter(customer__in=scope.filter(manager=staff))
    found = dict.fromkeys(own.values_list("customer_id", flat=True)[: limit * PER_CUSTOMER])
    if len(found) < limit:
        seen = rows.filter(customer__in=scope)
        found |= dict.fromkeys(seen.values_list("customer_id", flat=True)[: limit * PER_CUSTOMER])
    return list(found)


def _add(found: dict[int, FoundBy], customers: list[int], found_by: FoundBy) -> None:
    for customer in customers:
        found.setdefault(customer, found_by)


def _ranked(found: dict[int, FoundBy], staff: Staff, limit: int) -> list[Hit]:
    order = list(FoundBy)
    rows = Customer.objects.filter(pk__in=found).select_related("outlet", "manager")
    hits = [Hit(row, found[row.pk], row.manager_id == staff.pk) for row in rows]
    hits.sort(
        key=lambda hit: (
            not hit.is_own,
            order.index(hit.found_by),
            hit.customer.name_sort,
            hit.customer.pk,
        )
    )
    return hits[:limit]
