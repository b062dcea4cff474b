"""Looking for a whole phone or ID number without leaving it anywhere.

An address stands in the browser's history, in logs and in what people send each other. A text that holds a
whole number is therefore sent in a form and travels on as ciphertext, bound to whoever looks for it: paging,
sorting, going back and the way through a list work as with a name, and nobody else can open the address.
Names, customer numbers and phone tails stay readable, so that such addresses can be kept and passed on.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass

from zhike.core import keys
from zhike.core.keys.register import CUSTOMER
from zhike.customers.api import mask_id, mask_phone
from zhike.staff.models import Staff

_FILLER = re.compile(r"[\s\-‐-―().]+")
_PHONE = re.compile(
    r"(?:\+|(?<![0-9]))(?:(?:00)?86)?1[3-9][0-9]{9}(?![0-9])"  # mobile, with or without the country
    r"|(?<![0-9])0[0-9]{9,16}(?![0-9])"  # area code, number, extension; or abroad with 00
    r"|\+[0-9]{7,15}(?![0-9])"
)
_ID = re.compile(
    r"(?<![0-9])[0-9]{15,19}X?(?![0-9])"  # resident identity card old and new; cards and accounts as well
    r"|(?<![0-9A-Z])(?=(?:[A-Z]*[0-9]){8})[0-9A-Z]{18}(?![0-9A-Z])"  # unified social credit code
    r"|(?<![0-9A-Z])[A-Z]{1,2}[0-9]{7,9}(?![0-9A-Z])"  # passports and permits
)


@dataclass(frozen=True, slots=True)
class SealedText:
    """A text somebody looks for, as an address may carry it. `text` is '' where it cannot be opened."""

    token: str
    text: str

    @property
    def masked(self) -> str:
        """What may stand on the page, in a file and in an approval."""
        bare = _bare(self.text)
        return _ID.sub(lambda found: mask_id(found[0]), _PHONE.sub(lambda found: mask_phone(found[0]), bare))


def holds_whole_number(text: str) -> bool:
    """Whether a typed text holds a whole phone, ID or account number, in whatever width or grouping."""
    bare = _bare(text)
    return bool(_PHONE.search(bare) or _ID.search(bare))


def seal(text: str, *, by: Staff) -> str:
    """The text as ciphertext that only `by` can open, in the letters of an address."""
    sealed = keys.seal(text, purpose=CUSTOMER, place=_place(by))
    return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")


def opened(token: str, *, by: Staff) -> SealedText:
    """What `seal` hid; without its text where it is somebody else's, altered, or of a key that is gone."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        return SealedText(token, keys.unseal(sealed, purpose=CUSTOMER, place=_place(by)))
    except (keys.TamperedValue, binascii.Error, ValueError):
        return SealedText(token, "")


def _place(by: Staff) -> str:
    return f"desk.search:{by.pk}"


def _bare(text: str) -> str:
    return _FILLER.sub("", unicodedata.normalize("NFKC", text)).upper()
