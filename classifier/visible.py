"""What of a text people see: characters as they count them, and signs that show nothing.

Joiners and variation selectors show nothing by themselves. They are letters all the same where a script needs them:
Persian "می‌خواهم" has a zero width non-joiner, "👩‍🎤" a joiner between two pictures, "❤️" a selector.
"""

from __future__ import annotations

import regex

#: Variation selectors give the character before them another look.
_SELECTOR = r"\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
#: Joiners beside a virama, and between letters that are written joined (RFC 5892, A.1 and A.2); a joiner alone gives
#: such a letter the form that it has within a word. Joiners between pictures, and a flag's letters (UTS 51).
_NEEDED = (
    r"(?<=\p{ccc=Virama})[\u200c\u200d]|[\u200c\u200d](?=\p{ccc=Virama})"
    r"|(?<=[\p{jt=D}\p{jt=L}]\p{jt=T}*)\u200c(?=\p{jt=T}*[\p{jt=D}\p{jt=R}])"
    r"|(?<=[\p{jt=D}\p{jt=L}]\p{jt=T}*)\u200d|\u200d(?=\p{jt=T}*[\p{jt=D}\p{jt=R}])"
    rf"|(?<=\p{{ExtPict}}[{_SELECTOR}\p{{EMod}}]*)\u200d(?=\p{{ExtPict}})"
    r"|(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f"
    rf"|(?<=[^\s\p{{C}}\p{{DI}}\u2800])[{_SELECTOR}]"
)
_INVISIBLE = regex.compile(rf"(?:{_NEEDED})(*SKIP)(*FAIL)|[\p{{C}}\p{{DI}}\u2800]")
_CHARACTER = regex.compile(r"\X")


def character_count(text: str) -> int:
    """How many characters a person counts: one for "é", "क्षि" or "👩‍🎤", whatever they are made of."""
    return sum(1 for _ in _CHARACTER.finditer(text))


def without_invisible(text: str) -> str:
    """The text without controls, formats and fillers that nobody sees, but with those that its script needs.

    Line breaks and tabs are such controls: make spaces of them before.
    """
    cleaned: str = _INVISIBLE.sub("", text)
    return cleaned


def is_visible_text(text: str, most: int, room: int) -> bool:
    """Whether a text has at least 1 and at most `most` characters as people count them, `room` as Unicode does, and
    none that nobody sees.
    """
    return bool(text) and len(text) <= room and character_count(text) <= most and not has_invisible(text)


def has_invisible(text: str) -> bool:
    """Whether a text has what `without_invisible` leaves out, or a blank that is not an ordinary space."""
    return any(c.isspace() and c != " " for c in text) or bool(_INVISIBLE.search(text))
