"""When texts are the same for a search, and when names are the same: a table for scripts and signs, and properties."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.visible import character_count, has_invisible, without_invisible
from library.text.folding import name_key, search_text

ZWNJ, ZWJ, EMOJI_STYLE = "\u200c", "\u200d", "\ufe0f"

#: What a name is found by.
FOUND_BY = [
    ("Røyksopp", "royksopp"),
    ("Dødheimsgard", "dodheimsgard"),
    ("Łódź", "lodz"),
    ("Đorđe", "dorde"),
    ("Ágætis byrjun", "agaetis byrjun"),
    ("Œuvre", "oeuvre"),
    ("Straße", "strasse"),
    ("STRASSE", "straße"),
    ("Þursaflokkurinn", "thursaflokkurinn"),
    ("Beyoncé", "BEYONCE"),
    ("Işık", "isik"),
    ("İSTANBUL", "istanbul"),
    ("ISTANBUL", "ıstanbul"),
    ("Ωδή", "ωδη"),
    ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
    ("Ёлка", "елка"),
    ("We’ve Got Tonight", "we've got"),
    ("we've got tonight", "We‘ve"),
    ("rock´n´roll", "rock'n'roll"),
    ("Hip\u2010Hop", "hip-hop"),
    ("hip-hop", "Hip\u2011Hop"),
    ("A – Z", "a - z"),
    ("“Heroes”", "heroes"),
    ("Dark Side of the Moon", '"dark side"'),
    ("ＨＥＬＬＯ　Ｗｏｒｌｄ", "hello world"),
    ("ｶﾞﾝﾀﾞﾑ", "ガンダム"),
    ("さくら", "サクラ"),
    ("ハ゜ハ゜", "パパ"),
    ("𝐇𝐞𝐥𝐥𝐨 World", "hello"),
    ("Dance™", "dance™"),
    ("Dance™", "dancetm"),
    ("30℃", "30℃"),
    ("№ 1", "no 1"),
    ("ﬁn", "fin"),
    ("I ❤️ NY", "❤"),
    ("I ❤ NY", "❤️"),
    (f"می{ZWNJ}خواهم", "میخواهم"),
    ("میخواهم", f"می{ZWNJ}خواهم"),
    ("بُرْدَة", "بردة"),
    ("שָׁלוֹם", "שלום"),
    ("soft\u00adhyphen", "softhyphen"),
    ("Qu’est-ce\u00a0que", "qu'est-ce que"),
    ("김치", unicodedata.normalize("NFD", "김")),
]

#: Words that differ by marks which make letters.
SEARCHED_APART = [("パパ", "ハハ"), ("ポップ", "ホッフ"), ("ไม่", "ไม้"), ("कि", "की"), ("김", "기")]

#: Names that are the same.
SAME = [
    ("Beyoncé", "BEYONCÉ"),
    ("Beyoncé", unicodedata.normalize("NFD", "Beyoncé")),
    ("パパ", unicodedata.normalize("NFD", "パパ")),
    ("김치", unicodedata.normalize("NFD", "김치")),
    ("Straße", "STRASSE"),
    ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
    ("ᾳ", "ΑΙ"),
    (" late \u00a0 night ", "Late Night"),
    ("夜\u3000明け", "夜 明け"),
    ("❤️", "❤"),
    ("👁️‍🗨️", f"👁{ZWJ}🗨"),
    ("rock’n’roll", "Rock'n'Roll"),
    ("Hip\u2010Hop", "hip-hop"),
    ("“Heroes”", '"heroes"'),
    ("Queen\u200b", "Queen"),
    (f"Queen{ZWNJ}", "Queen"),
    ("Que\u00aden", "\u202aQueen\u202c"),
]

#: Names that are not, however alike they look or are searched.
DIFFERENT = [
    ("C++", "C#"),
    ("C++", "C"),
    ("Drum & Bass", "Drum Bass"),
    ("Beyoncé", "Beyonce"),
    ("Røyksopp", "Royksopp"),
    ("パパ", "ハハ"),
    ("パパ", "ババ"),
    ("ポップ", "ホッフ"),
    ("さくら", "サクラ"),
    ("ไม่", "ไม้"),
    ("ไหม", "ไหม่"),
    ("कि", "की"),
    ("김", "기"),
    ("Dance™", "Dance"),
    ("№ 1", "No 1"),
    ("👩\u200d🎤", "👩🎤"),
    (f"می{ZWNJ}خواهم", "میخواهم"),
    ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
    ("שׁ", "שׂ"),
    ("Й", "И"),
]

#: Texts, and how many characters people count in them.
COUNTED = [
    ("", 0),
    ("abc", 3),
    (unicodedata.normalize("NFD", "é"), 1),
    ("👩\u200d🎤", 1),
    ("🏳️\u200d🌈", 1),
    ("👨\u200d👩\u200d👧\u200d👦🇩🇪", 2),
    ("김치", 2),
    (unicodedata.normalize("NFD", "김치"), 2),
    ("क्षि", 1),
    (f"می{ZWNJ}خواهم", 7),
]

#: Texts that have all that their scripts need, and nothing else that is not seen.
VISIBLE = [
    "a b",
    f"می{ZWNJ}خواهم",
    "👩\u200d🎤",
    "🏳️\u200d🌈",
    "👩🏽\u200d🎤",
    "👁️\u200d🗨️",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "❤️",
    "1️⃣",
    f"क्{ZWJ}ष",
    f"ര{ZWJ}്",
    f"ශ්{ZWJ}රී",
    f"ه{ZWJ}",
    "葛\U000e0100",
]

#: Texts with something that nobody sees, and what is left of them.
INVISIBLE = [
    (f"rock{ZWNJ}", "rock"),
    (f"ro{ZWJ}ck", "rock"),
    (f"👩{ZWJ}", "👩"),
    (f"{EMOJI_STYLE}a", "a"),
    ("a\u200bb", "ab"),
    ("\u202eabc", "abc"),
    ("\u2066abc\u2069", "abc"),
    ("\u3164\u2800", ""),
    ("a\ufeff", "a"),
    ("a\U000e0041", "a"),
]

texts = st.text(st.characters(exclude_categories=["Cs"]))
#: Letters, marks and joiners that act on each other, which random texts seldom have side by side.
TANGLED = (
    "aAßİıøæΑᾳςはハヷわ각각क्षーﬁ™´Ⓜℌẞǰΐ❤👩🏽🎤🏴 "
    "\u0301\u0323\u0345\u034f\u3099\u309a\u309b\u0654\u06c1\u06d2\u0dd9\u0dca\u200b"
    + ZWNJ
    + ZWJ
    + EMOJI_STYLE
)
tangles = st.text(st.sampled_from(TANGLED), max_size=8)


@pytest.mark.parametrize(("name", "words"), FOUND_BY)
def test_a_search_finds(name: str, words: str) -> None:
    assert all(word in search_text(name) for word in search_text(words).split())


@pytest.mark.parametrize(("one", "other"), SEARCHED_APART)
def test_marks_that_make_letters_count_in_a_search(one: str, other: str) -> None:
    assert search_text(one) != search_text(other)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_names(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("one", [name for pair in SAME for name in pair])
def test_the_same_name_is_found_by_the_same_words(one: str) -> None:
    assert search_text(name_key(one)) == search_text(one)


@pytest.mark.parametrize(("text", "count"), COUNTED)
def test_characters_are_counted_as_people_see_them(text: str, count: int) -> None:
    assert character_count(text) == count


@pytest.mark.parametrize("text", VISIBLE)
def test_what_a_script_needs_is_kept(text: str) -> None:
    assert without_invisible(text) == text
    assert not has_invisible(text)


@pytest.mark.parametrize(("text", "left"), INVISIBLE)
def test_what_nobody_sees_is_noticed(text: str, left: str) -> None:
    assert without_invisible(text) == left
    assert has_invisible(text)


def test_every_character_folds_once_and_keeps_within_the_bounds() -> None:
    for number in range(sys.maxunicode + 1):
        char = chr(number)
        if unicodedata.category(char) in ("Cs", "Cn", "Co"):
            continue
        searched, key = search_text(char), name_key(char)
        assert search_text(searched) == searched, hex(number)
        assert name_key(key) == key, hex(number)
        assert len(searched) <= 18, hex(number)
        assert len(key) <= 3, hex(number)
        assert len(key.encode()) <= 12, hex(number)


@given(st.one_of(texts, tangles))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert search_text(search_text(text)) == search_text(text)
    assert name_key(name_key(text)) == name_key(text)
    assert without_invisible(without_invisible(text)) == without_invisible(text)


@given(st.one_of(texts, tangles))
def test_canonically_equivalent_texts_are_the_same(text: str) -> None:
    for form in ("NFC", "NFD"):
        other = unicodedata.normalize(form, text)
        assert search_text(other) == search_text(text)
        assert name_key(other) == name_key(text)


@given(st.one_of(texts, tangles))
def test_keys_keep_within_the_bounds(text: str) -> None:
    assert len(search_text(text)) <= 18 * len(text)
    assert len(name_key(text)) <= 3 * len(text)
    assert len(name_key(text).encode()) <= 12 * len(text)
