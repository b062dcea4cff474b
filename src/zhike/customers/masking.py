"""What of a personal value may stand on a screen: the masks, in one place, for compliance to sign off.

Common practice under JR/T 0171-2020 (annex A, informative): a name keeps its first and last character, an
ID number 3 + 1, a mobile number 3 + 4, an account 4, an address its district.

Masks must not be undone by what stands beside them. The last character of a resident ID with the birth date
and the region would leave few candidates, so a page that shows a masked ID shows the age and not the full
date of birth (`age_on`), and nobody shows a masked and an unmasked form of one value together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from zhike.customers.enums import CustomerKind, IdType

STAR = "*"
NOTHING = ""


@dataclass(frozen=True, slots=True)
class Mask:
    """How many characters stay at both ends; `stars` is their fixed number, or 0 for one each."""

    first: int
    last: int
    stars: int = 0

    def of(self, value: str) -> str:
        """The masked value. One too short to hide a third of it is hidden whole."""
        hidden = len(value) - self.first - self.last
        if not value:
            return NOTHING
        if hidden * 3 < len(value):
            return STAR * max(len(value), self.stars)
        end = value[len(value) - self.last :]
        return value[: self.first] + STAR * (self.stars or hidden) + end


MASKS: dict[str, Mask] = {
    "id_no": Mask(3, 1),
    "mobile": Mask(3, 4, stars=4),
    "account": Mask(0, 4, stars=4),
    "passport": Mask(1, 2),
    "organisation": Mask(4, 4),
    "mailbox": Mask(1, 0, stars=3),
}
"""The signed-off table. A number of eleven digits keeps 3 + 4, as every bank in the country shows it."""

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(0[0-9]{2,3}-)([0-9]+)([0-9]{2})((?:-[0-9]+)?)")
_DISTRICT = re.compile(r"^.*?(?:自治县|自治縣|特区|特區|林区|林區|区|區|县|縣|旗)")
_CITY = re.compile(r"^.*?(?:自治州|地区|地區|盟|市)")
_DOT = "·"


def mask_name(name: str, *, kind: str = CustomerKind.INDIVIDUAL) -> str:
    """沈若岚 → 沈*岚, 李娜 → *娜. The name of an enterprise is public and stays."""
    name = name.strip()
    if kind == CustomerKind.ENTERPRISE or not name:
        return name
    if _DOT in name:  # a name of two parts keeps the first letter of each
        return _DOT.join(part[:1] + STAR * (len(part) - 1) for part in name.split(_DOT))
    if len(name) == 1:
        return STAR
    if len(name) == 2:
        return STAR + name[1]
    return name[0] + STAR * (len(name) - 2) + name[-1]


def mask_phone(phone: str) -> str:
    """13812346027 → 138****6027, 010-12345678 → 010-******78; foreign numbers keep their last two digits."""
    if _MOBILE.fullmatch(phone):
        return MASKS["mobile"].of(phone)
    if landline := _LANDLINE.fullmatch(phone):
        area, hidden, end, _extension = landline.groups()
        return area + STAR * len(hidden) + end
    return Mask(0, 2).of(phone)


def mask_id(id_no: str, *, id_type: str = IdType.RESIDENT_ID) -> str:
    """330106198204091232 → 330**************2."""
    if id_type == IdType.USCC:
        return MASKS["organisation"].of(id_no)
    return MASKS["id_no" if id_type == IdType.RESIDENT_ID else "passport"].of(id_no)


def mask_account(account_no: str) -> str:
    """6222021234566027 → ****6027."""
    return MASKS["account"].of(account_no)


def mask_email(email: str) -> str:
    """ruolan@example.com → r***@example.com; a private domain of one's own name is hidden too."""
    box, at, domain = email.partition("@")
    return f"{MASKS['mailbox'].of(box)}{at}{domain}" if box and at else Mask(1, 0, stars=3).of(email)


def mask_address(address: str) -> str:
    """浙江省杭州市西湖区文三路 1 号 → 浙江省杭州市西湖区***: nothing below the district."""
    found = _DISTRICT.match(address) or _CITY.match(address)
    return (found.group() if found else NOTHING) + STAR * 3 if address else NOTHING


def age_on(birth_on: date | None, day: date) -> int | None:
    """Full years on a day; somebody born on 29 February comes of age on 1 March of a common year."""
    if birth_on is None or birth_on > day:
        return None
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def masks() -> dict[str, Callable[[str], str]]:
    """The mask of each encrypted field."""
    return {"id_no": mask_id, "phone": mask_phone, "email": mask_email, "address": mask_address}
