"""Texts whose bytes are no UTF-8, although they should be, or of which nobody says what they are.

Such bytes come as Python keeps what it cannot decode (`surrogateescape`): each as a lone surrogate. `decoded` makes a
text of them: UTF-8 where they are that, else the code page that the file declares, else the one that they look like,
and cp1252 in the end. All texts of one tag are looked at together, because one program wrote them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

import regex

#: So many bytes are enough to tell a code page.
MAX_GUESSED_BYTES = 4096
#: Code pages by Python's names, those of letters that are no Latin ones: as Windows has them, then as DOS has them.
_OTHER_SCRIPTS = (
    *("cp1251", "koi8-r", "cp932", "gb18030", "cp949", "big5", "euc_jp"),
    *("cp1253", "cp1255", "cp1256", "cp874"),
)
_DOS_SCRIPTS = ("cp866", "cp737", "cp862", *_OTHER_SCRIPTS)
#: Those of Latin letters, the usual one first.
_LATIN = {"cp1252": ("cp1252", "cp1250", "cp1254"), "cp437": ("cp437", "cp850", "cp1252", "cp852", "cp1250")}
_CHARDET_NAMES = {"big5": "big5hkscs", "euc_jp": "euc_jis_2004"}
#: How much surer than of cp1252 one has to be of another page of Latin letters.
_SURER = 2.5

_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
#: What could be a letter in UTF-8, and is "É’" or "Ü…" behind a capital in cp1252: "BEYONCÉ’S".
_CAPITAL_AND_SIGN = re.compile(rb"[A-Z][\xc4-\xdf][\x85\x91-\x97\x99]")
_UNDECODED = re.compile("[\udc80-\udcff]")
#: What no text has that was decoded rightly: controls, two scripts in a word, signs between letters, capitals after
#: small letters (other than in "McCoy"), Korean among Chinese letters, katakana of half width, accents without letters.
_IMPLAUSIBLE = regex.compile(
    r"[\p{Cc}\p{Co}\p{Cn}--[\t\r\n]]"
    r"|\p{Latin}\p{M}*[\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}\p{Thai}]"
    r"|[\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}\p{Thai}]\p{M}*\p{Latin}"
    r"|\p{L}[\p{So}\p{Sc}\p{Sm}\p{No}¿¡«»‚„”“‹›†‡…ˆ˜¨¯¸]\p{L}|(?<!\S)[\p{Sc}\p{So}\p{Sm}\p{No}¯¸¨]\p{Ll}"
    r"|[\p{Ll}--[a-z]][\p{Lu}--[A-Z]]|\p{Hangul}\p{Han}|\p{Han}\p{Hangul}|[\uff61-\uff9f]{2}|(?<!\S)\p{M}",
    regex.VERSION1,
)


def decoded(texts: Sequence[str], declared: str = "", *, last: str = "cp1252") -> list[str]:
    """The texts of one tag, or the names in one archive, with undecoded bytes made letters.

    `declared` is the code page that the file names, `last` as for `code_page_of`.
    """
    raw = [bytes_of(text) if _UNDECODED.search(text) else None for text in texts]
    if not any(raw):
        return [*texts]
    utf8 = [utf8_or_none(data) if data else None for data in raw]
    rest = b"\n".join(data for data, text in zip(raw, utf8, strict=True) if data and text is None)
    page = code_page_of(rest, declared, last=last)
    return [
        text if data is None else known if known is not None else data.decode(page, errors="replace")
        for text, data, known in zip(texts, raw, utf8, strict=True)
    ]


def undecoded(latin1: str) -> str:
    """A text that was decoded as Latin-1, because its tag says so, as bytes of which that is not believed."""
    try:
        return latin1.encode("latin-1").decode("ascii", errors="surrogateescape")
    except UnicodeEncodeError:
        return latin1


def without_mojibake(text: str) -> str:
    """The text, or what it was before its UTF-8 was taken for Latin-1 or cp1252: "DÃ©jÃ  vu" is "Déjà vu"."""
    if text.isascii():
        return text
    try:
        data = b"".join(_byte_of(char) for char in text)
    except UnicodeEncodeError:
        return text
    return utf8_or_none(data) or text


def _byte_of(char: str) -> bytes:
    return bytes([ord(char)]) if ord(char) < 256 else char.encode("cp1252")


def bytes_of(text: str) -> bytes:
    """The bytes of a text that was decoded as UTF-8 with `surrogateescape`."""
    return text.encode(errors="surrogateescape")


def utf8_or_none(data: bytes) -> str | None:
    """The text if the bytes are UTF-8, even if it was cut within its last letter; None if they are not."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return None
    if not text or (text.isascii() and len(text) < len(data)):
        return None
    if sum(not char.isascii() for char in text) == 1 and _CAPITAL_AND_SIGN.search(data):
        return None
    return text


def code_page_of(data: bytes, declared: str = "", *, last: str = "cp1252") -> str:
    """Python's name of the code page of some bytes that are no UTF-8.

    That which is `declared`, if it can be; else the one that the bytes look like; else `last`: cp1252, or cp437 for
    the names in ZIP archives.
    """
    data = data[:MAX_GUESSED_BYTES]
    if declared and _decode(data, declared) is not None:
        return declared
    words = b"".join(_WORD.findall(data))
    high = sum(byte >= 0x80 for byte in words)
    pages = _LATIN[last]
    if len(words) > 3 and high >= 3 and 2 * high >= len(words):
        pages = (*(_DOS_SCRIPTS if last == "cp437" else _OTHER_SCRIPTS), *pages)
    likely = [page for page in pages if _is_plausible(data, page)]
    if len(likely) < 2:
        return (likely or [last])[0]
    return _likeliest(data, likely)


def _is_plausible(data: bytes, page: str) -> bool:
    text = _decode(data, page)
    return text is not None and not _IMPLAUSIBLE.search(text)


def _decode(data: bytes, page: str) -> str | None:
    """The text of some bytes, which may end within a letter; None if they cannot be of that page."""
    try:
        return codecs.getincrementaldecoder(page)().decode(data)
    except (UnicodeDecodeError, LookupError):
        return None


def _likeliest(data: bytes, pages: Sequence[str]) -> str:
    """The page with which the bytes look most like a language; the first one if nothing can be said."""
    import chardet  # not before it is needed: few texts are no UTF-8

    names = {codecs.lookup(page).name: page for page in pages}
    sure = dict.fromkeys(pages, 0.0)
    asked = {"utf-8", "cp1252", *(_CHARDET_NAMES.get(page, page) for page in pages)}  # the first two it wants
    for answer in chardet.detect_all(data, ignore_threshold=True, include_encodings=asked):
        if page := names.get(codecs.lookup(answer["encoding"] or "ascii").name):
            sure[page] = answer["confidence"]
    best = max(pages, key=lambda page: sure[page])
    latin = next((usual for usual, others in _LATIN.items() if best in others and usual in pages), best)
    return best if sure[best] > _SURER * sure[latin] else latin
