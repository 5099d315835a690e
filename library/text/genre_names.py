"""What the genre tags of files call the built-in genres, from the lists of ID3 and MusicBrainz and from shops.

A name that is not in the table means the built-in genre that is part of it: "Progressive Rock" is rock. A name with
two of them, such as "Blues Rock", could mean either, unless one is metal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from library.text.folding import search_text

#: Other names of the genres themselves, and what other languages call them.
_SAME: dict[str, tuple[str, ...]] = {
    "blues": ("ブルース", "блюз", "布鲁斯", "블루스"),
    "classical": (
        *("classic", "classical music", "klassik", "klassische musik", "classique", "musique classique", "clasica"),
        *("musica clasica", "classica", "musica classica", "klassiek", "klassisk", "クラシック", "классика"),
        *("классическая музыка", "古典", "古典音乐", "클래식"),
    ),
    "country": ("country and western", "カントリー", "кантри", "乡村"),
    "disco": ("ディスコ", "диско", "迪斯科"),
    "hiphop": (
        *("hip hop", "rap", "hip hop rap", "rap hip hop", "rap and hip hop", "hip hop and rap", "ヒップホップ"),
        *("ラップ", "хип хоп", "рэп", "嘻哈", "说唱", "힙합", "랩"),
    ),
    "jazz": ("ジャズ", "джаз", "爵士", "爵士乐", "재즈"),
    "metal": ("heavy metal", "メタル", "ヘヴィメタル", "метал", "金属", "메탈"),
    "pop": ("pop music", "popmusik", "ポップ", "ポップス", "поп", "поп музыка", "流行", "流行音乐", "팝"),
    "reggae": ("レゲエ", "регги", "雷鬼", "레게"),
    "rock": ("rock and roll", "rocknroll", "rock music", "rockmusik", "ロック", "рок", "摇滚", "搖滾", "록"),
}  # fmt: skip
#: Kinds of them whose names do not contain the genre's, or contain that of another one.
_KINDS: dict[str, tuple[str, ...]] = {
    "blues": ("boogie woogie",),
    "classical": (
        *("baroque", "opera", "symphony", "symphonie", "sonata", "concerto", "chamber music", "string quartet"),
        *("requiem", "oratorio", "cantata", "lied", "lieder", "renaissance", "neoclassical"),
    ),
    "country": ("bluegrass", "honky tonk", "western swing"),
    "disco": ("eurodisco", "italodisco"),
    "hiphop": (
        *("trap", "gangsta", "crunk", "g funk", "boom bap", "horrorcore", "turntablism", "jazz rap", "pop rap"),
        *("country rap", "jazz hip hop"),
    ),
    "jazz": ("bebop", "bebob", "bop", "hard bop", "post bop", "swing", "big band", "dixieland", "manouche"),
    "metal": ("metalcore", "deathcore", "grindcore", "djent", "thrash", "nwobhm", "trap metal"),
    "pop": (
        *("kpop", "jpop", "cpop", "cantopop", "mandopop", "synthpop", "electropop", "britpop", "europop", "dreampop"),
        "schlager",
    ),
    "reggae": ("dub", "ska", "rocksteady", "rock steady", "lovers rock", "dancehall", "ragga"),
    "rock": (
        *("rockabilly", "alternrock", "punk", "pop punk", "hardcore punk", "grunge", "krautrock", "rap rock"),
        *("britrock", "hard rock and pop"),
    ),
}  # fmt: skip
#: Names that contain a genre's and mean another kind of music.
_OTHERS = (
    *("rhythm and blues", "trip hop", "hip hop soul", "disco polo", "disco house", "post disco"),
    *(
        "indian classical",
        "hindustani classical",
        "carnatic classical",
        "arabic classical",
        "persian classical",
    ),
    *("turkish classical", "folk world and country"),
)
#: The words of the genres, as patterns.
_WORDS = {genre: genre for genre in _SAME} | {"hiphop": "hip ?hop|rap"}
_PATTERNS = {genre: re.compile(rf"\b(?:{words})\b") for genre, words in _WORDS.items()}

#: What stands between several genres in one text.
_SEPARATORS = re.compile(r"\s*[;|,/•\\\0]\s*|\s·\s")
#: Names that have a separator in them, and are one genre.
_WHOLE = frozenset(
    {
        *(
            "hip hop rap",
            "rap hip hop",
            "r and b soul",
            "soul r and b",
            "pop rock",
            "rock pop",
            "singer songwriter",
        ),
        *(
            "folk world and country",
            "funk soul",
            "films games",
            "christian gospel",
            "dance edm",
            "electro dance",
        ),
    }
)


def plain_genre_name(text: str) -> str:
    """A genre's name as the table has it: its words, without signs, case and accents, "and" for "&"."""
    words = re.sub(r"&|\bn\b|'n'", " and ", search_text(text).replace("'n'", " n "))
    return " ".join(re.sub(r"[\W_]+", " ", words).split())


_SAME_AS = {plain_genre_name(name): genre for genre, names in _SAME.items() for name in (genre, *names)}
_GENRE_OF = {
    **{plain_genre_name(name): genre for genre, names in _KINDS.items() for name in names},
    **_SAME_AS,
    **dict.fromkeys(_OTHERS, ""),
}


def builtin_genre_named(name: str) -> str:
    """The key of the built-in genre that one name means; "" if it means none, or could be either of two."""
    plain = plain_genre_name(name)
    if plain in _GENRE_OF:
        return _GENRE_OF[plain]
    named = [genre for genre, pattern in _PATTERNS.items() if pattern.search(plain)]
    if "metal" in named and plain.endswith("metal"):
        return "metal"
    return named[0] if len(named) == 1 else ""


def is_plain_genre(name: str) -> bool:
    """Whether a name is that of a built-in genre, and no finer one: "Rap" is, "Death Metal" is not."""
    return plain_genre_name(name) in _SAME_AS


def genre_names(text: str) -> list[str]:
    """The names of genres in the text of a tag, each once: "House/Techno" has two, "R&B/Soul" is one."""
    names: dict[str, str] = {}
    for name in _split(text):
        names.setdefault(search_text(name), name)
    return list(names.values())


def _split(text: str) -> Iterator[str]:
    for part in re.split(r"\s*[;|\0]\s*", text):
        if plain_genre_name(part) in _WHOLE:
            yield part
        else:
            yield from (name for name in _SEPARATORS.split(part) if search_text(name))
