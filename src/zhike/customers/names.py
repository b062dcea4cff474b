"""How names are found and sorted: pinyin, initials, and one plain form for everything that is typed.

Staff type a part of a name, its pinyin (`shenruolan`, `ruolan`), its initials (`srl`) or a customer number.
All of these are stored as terms, one row each, so that a prefix scan of one index answers (see `SearchTerm`).
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from zhike.core import keys

if TYPE_CHECKING:
    from opencc import OpenCC

TERM_LENGTH = 120
SORT_LENGTH = 200
TAIL_DIGITS = 4
TAIL_MARK = "#"
"""Begins the term of a phone tail; folded text never holds it, so no typed letters can meet a tail."""

_PERSONAL_LENGTH = 4
"""Names up to this length are read as surname and given name; longer ones are firms or foreign names."""
_WIDE_LAST = "\U0010ffff"

_SURNAMES = {
    # Surnames that are not read as the character usually is; facts of the language, not of a bank.
    "单": "shan", "單": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "区": "ou", "區": "ou",
    "朴": "piao", "盖": "ge", "蓋": "ge", "乐": "yue", "樂": "yue", "覃": "qin", "缪": "miao", "繆": "miao",
    "翟": "zhai", "员": "yun", "員": "yun", "种": "chong", "繁": "po", "秘": "bi", "召": "shao", "句": "gou",
    "祭": "zhai", "折": "she", "黑": "he", "洗": "xian", "都": "du", "卜": "bu", "薄": "bo", "宓": "fu",
    "隗": "wei", "乜": "nie", "粘": "nian", "能": "nai", "藏": "zang", "牟": "mu", "长": "chang",
    "重": "chong", "郇": "xun", "尉迟": "yu chi", "尉遲": "yu chi", "万俟": "mo qi", "萬俟": "mo qi",
    "长孙": "zhang sun", "長孫": "zhang sun", "单于": "chan yu", "單于": "chan yu", "澹台": "tan tai",
    "澹臺": "tan tai",
}  # fmt: skip


def fold(text: str) -> str:
    """The plain form in which names are stored as terms and looked for.

    Half width, lower case, letters and digits only: spaces, the middle dot of `阿依古丽·买买提` in all its
    shapes and punctuation do not count. `ü` is `v`, as on every Chinese keyboard.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("ü", "v")
    if plain.isalnum():
        return plain
    return "".join(character for character in plain if character.isalnum())


def readings(name: str) -> list[list[str]]:
    """The syllables of a name, one list for each way to read it, the usual one first.

    A personal name with a surname of its own reading (单, 曾, 尉迟) has two: people type either. A character
    without a known reading stands for itself.
    """
    plain = fold(name)
    if not plain:
        return []
    if len(plain) > _PERSONAL_LENGTH:
        return [_spoken(plain)]
    surname = next((part for part in (plain[:2], plain[:1]) if part in _SURNAMES), "")
    ordinary = _spoken_briefly(plain)
    if not surname:
        return [ordinary]
    own = _SURNAMES[surname].split() + _spoken_briefly(plain[len(surname) :])
    return [own] if own == ordinary else [own, ordinary]


def name_sort(name: str) -> str:
    """What a list is sorted by: the pinyin, then the name itself, so that equal sounds stay together."""
    ways = readings(name)
    spoken = " ".join(ways[0]) if ways else ""
    return f"{spoken} {name.strip()}".strip()[:SORT_LENGTH]


def search_terms(*, name: str, customer_no: str) -> list[str]:
    """Every way to find a customer by name or number: each part of the name in simplified characters, its
    pinyin, its initials.

    Parts begin at every character and run to the end, so a prefix scan finds any part. Initials of one
    letter are left out: the pinyin beginning with that letter is there.
    """
    plain = simplified(fold(name))
    found = {plain[start:] for start in range(len(plain))}
    for syllables in readings(name):
        initials = "".join(syllable[0] for syllable in syllables)
        for start in range(len(syllables)):
            found.add("".join(syllables[start:]))
            if start < len(initials) - 1:
                found.add(initials[start:])
    found.add(fold(customer_no))
    found.discard("")
    return sorted({term[:TERM_LENGTH] for term in found})


def sounds_of(text: str) -> list[str]:
    """The pinyin of a typed text that holds Chinese characters: finds 章伟 for 张伟. Else nothing."""
    if text.isascii():
        return []
    return ["".join(syllables) for syllables in readings(text)]


def simplified(plain: str) -> str:
    """A folded text with each traditional character as its simplified one: 張偉 and 张伟 are one text.

    Character by character, so that a part of a name comes out as it does within the name. That 乾 and 幹 both
    become 干 finds a few names more, never one less.
    """
    return plain if plain.isascii() else plain.translate(_SIMPLIFIED)


def phone_tail_term(phone: str) -> str:
    """The term under which the last four digits of a phone find it; only the key holder can make it."""
    digits = [character for character in unicodedata.normalize("NFKC", phone) if character.isdecimal()]
    return TAIL_MARK + keys.blind("phone_tail", "".join(digits[-TAIL_DIGITS:])).hex()


def prefix_range(term: str) -> tuple[str, str]:
    """Bounds between which every term beginning with `term` lies, in the byte order of the column.

    Comparisons with both bounds may run inside an index under row-level security; LIKE may not.
    """
    return term, term + _WIDE_LAST


class _Simplified(dict[int, str]):
    """Character to character, each looked up once."""

    def __missing__(self, code: int) -> str:
        self[code] = _converter().convert(chr(code))
        return self[code]


_SIMPLIFIED = _Simplified()


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC  # reads its dictionaries: only for who needs it

    return OpenCC("t2s")


@cache
def _reading(character: str) -> str:
    from pypinyin import lazy_pinyin  # a quarter of a second: only for who needs it

    return lazy_pinyin(character)[0]


@lru_cache(maxsize=2**16)
def _phrase(text: str) -> tuple[str, ...] | None:
    """The syllables of a text that is a phrase of its own (重庆), else None."""
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PHRASES_DICT

    return tuple(lazy_pinyin(text)) if text in PHRASES_DICT else None


def _spoken_briefly(plain: str) -> list[str]:
    """A short name: as a phrase where it is one, else character by character. Made for a million names."""
    phrase = _phrase(plain) if len(plain) > 1 else None
    if phrase is None and len(plain) > 2:
        given = _phrase(plain[1:])
        phrase = (_reading(plain[0]), *given) if given else None
    return list(phrase) if phrase else [_reading(character) for character in plain]


def _spoken(plain: str) -> list[str]:
    """A long name: phrases decide between the readings of a character (银行, 重庆)."""
    from pypinyin import lazy_pinyin

    return lazy_pinyin(plain, errors=list)
