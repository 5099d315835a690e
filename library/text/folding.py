"""When two texts are the same: for somebody who searches, and for names.

They differ on purpose. A search shall find "Røyksopp" for `royksopp`; but C++ and C#, パパ and ハハ, "Beyoncé" and
"Beyonce" are different names, which people can have beside each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable

from classifier.visible import without_invisible

#: Signs that typography and typewriters write differently.
_APOSTROPHES, _HYPHENS, _QUOTES = "‘’‛ʻʼ", "‐‑", "“”„‟"
_SAME_SIGNS = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_HYPHENS, "-") | dict.fromkeys(_QUOTES, '"')
)
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_VARIATION_SELECTORS = re.compile(f"[{_SELECTORS}]")
#: What nobody sees though it is no format character: selectors, fillers, blank letters.
_UNSEEN = re.compile(f"[{_SELECTORS}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")

#: What is searched alike, before texts are taken apart: a spacing acute is often an apostrophe, and the marks that make
#: パ and バ of ハ can be letters of their own.
_SEARCHED_WHOLE = str.maketrans({"´": "'", "\u1ffd": "'", "\u309b": "\u3099", "\u309c": "\u309a"})
#: What is searched alike, in texts taken apart: other signs, letters without a decomposition, hiragana as katakana.
_SEARCHED_APART = str.maketrans(
    dict.fromkeys(_APOSTROPHES + "`′‵ʹ", "'")
    | dict.fromkeys(_HYPHENS + "‒–—―−⁃", "-")
    | dict.fromkeys(_QUOTES + '"«»〝〞〟', " ")
    | {"⁄": "/", "∕": "/", "〜": "~", "・": " "}
    | {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i"}
    | {"æ": "ae", "œ": "oe", "ƀ": "b", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɨ": "i", "ʉ": "u"}
    | {chr(kana): chr(kana + 0x60) for kana in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
)
#: Accents and points: marks of Latin, Greek, Cyrillic, Hebrew and Arabic letters, and of symbols. Those of other
#: scripts make letters: the tones of Thai, the vowels of Indic scripts, the voicing of kana.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)

#: A blank between two characters of scripts that write words without one, or not always.
_CJK = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
_CJK_BLANK = re.compile(f"(?<={_CJK}) (?={_CJK})")


def search_text(text: str) -> str:
    """A text as it is searched: neither case nor accents matter, nor how letters, signs and blanks are written.

    Idempotent. One character becomes 18 at most (`ﷺ`), and a text that nothing is left of becomes "".
    """
    apart = " ".join(text.split()).translate(_SEARCHED_WHOLE)
    for _ in range(2):  # capitals can come of taking apart: "™" is "TM"
        apart = unicodedata.normalize("NFKD", apart).casefold()
    apart = _ACCENTS.sub("", unicodedata.normalize("NFKD", apart).translate(_SEARCHED_APART))
    shown = "".join(c for c in apart if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    shown = _UNSEEN.sub("", shown)
    return " ".join(unicodedata.normalize("NFC", shown).split())


def searched_words(names: Iterable[str], file_name: str) -> str:
    """What a search looks through: the words of some names and of a file, each once.

    Those of names also without their signs ("acdc" for "AC/DC"), "and" for "&", and Chinese, Japanese and Korean words
    also as one where a name has them apart.
    """
    texts = [search_text(name) for name in names]
    words = dict.fromkeys(word for text in [*texts, search_text(file_name)] for word in text.split())
    also = [_CJK_BLANK.sub("", text) for text in texts if _CJK_BLANK.search(text)]
    named = dict.fromkeys(word for text in [*texts, *also] for word in text.split())
    plain = (without_signs(word) or ("and" if word == "&" else "") for word in named)
    return " ".join(dict.fromkeys([*words, *named, *filter(None, plain)]))


def without_signs(word: str) -> str:
    """A word without punctuation and symbols."""
    return "".join(c for c in word if unicodedata.category(c)[0] not in "PS")


def name_key(text: str) -> str:
    """The key of a name: two names are the same if their keys are.

    Case does not matter (full case folding: "Straße" and "STRASSE"), nor whether an accent is a character of its own,
    nor white space, what nobody sees, the choice between text and emoji style, or the shape of an apostrophe, hyphen
    or quotation mark. Everything else does.

    Idempotent. It has at most three characters, and at most twelve bytes in UTF-8, for each character of `text`.
    """
    key = " ".join(text.split())
    key = unicodedata.normalize("NFD", unicodedata.normalize("NFD", key).casefold())
    key = _VARIATION_SELECTORS.sub("", without_invisible(key)).translate(_SAME_SIGNS)
    return " ".join(unicodedata.normalize("NFC", key).split())


def key_of_before(name: str) -> str:
    """The key that version 0.1 gave to a name, without marks: what was refused then, and exports of then, have it."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


class NameIndex[Found: Hashable]:
    """Finds things by their names: what has exactly that name, else the only thing that is searched alike."""

    def __init__(self, named: Iterable[tuple[str, Found]]) -> None:
        self._exact: dict[str, Found] = {}
        self._alike: dict[str, set[Found]] = {}
        for name, found in named:
            self.add(name, found)

    def add(self, name: str, found: Found) -> None:
        self._exact.setdefault(name_key(name), found)
        self._alike.setdefault(search_text(name) or name, set()).add(found)

    def __getitem__(self, name: str) -> Found:
        if (found := self.get(name)) is None:
            raise KeyError(name)
        return found

    def get(self, name: str) -> Found | None:
        """What a name stands for; None for nothing, and for several things of which none has exactly that name."""
        if (found := self._exact.get(name_key(name))) is not None:
            return found
        alike = self._alike.get(search_text(name) or name, set())
        return next(iter(alike)) if len(alike) == 1 else None
