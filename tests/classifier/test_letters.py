"""No letter of any script is lost, whatever bytes a program wrote into its tags."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.id3 import COMM, ID3, TIT2, TPE1, TXXX
from mutagen.mp4 import MP4
from mutagen.oggvorbis import OggVorbis

from classifier.code_pages import code_page_of, decoded, undecoded, without_mojibake
from classifier.tag_reader import read_tags
from tests import sounds
from tests.classifier.audio_files import tag_fields

#: Names by the code page in which programs of their countries wrote them.
NAMES = {
    "cp1251": ["Группа крови", "Земфира", "Звезда по имени Солнце", "ДДТ Дождь"],
    "koi8-r": ["Группа крови", "Мумий Тролль"],
    "cp932": ["椎名林檎", "ポリリズム", "きゃりーぱみゅぱみゅ", "宇多田ヒカル First Love"],
    "gb18030": ["邓丽君", "月亮代表我的心", "王菲 红豆"],
    "big5": ["鄧麗君", "月亮代表我的心"],
    "cp949": ["방탄소년단", "소녀시대 다시 만난 세계"],
    "cp1253": ["Μίκης Θεοδωράκης", "Χάρις Αλεξίου"],
    "cp1255": ["ירושלים של זהב", "עידן רייכל"],
    "cp1256": ["فيروز", "أم كلثوم"],
    "cp874": ["คาราบาว", "เมด อิน ไทยแลนด์"],
    "cp1250": ["Příliš žluťoučký kůň", "Łódź", "Grzegorz Ciechowski Obywatel świata"],
    "cp1254": ["Şarkı Söylemek Lazım"],
    "cp1252": [
        "Motörhead", "Björk", "Sigur Rós", "Ágætis byrjun", "été", "Déjà vu – été", "Café €uro", "Señorita", "Où",
        "Mötley Crüe", "Für Élise", "Ænima", "Sinéad O’Connor", "Røyksopp", "São Paulo", "Frédéric Chopin – Études",
        "Die Ärzte – Männer sind Schweine", "¿Dónde?", "Ólöf Arnalds", "ÆØÅ", "BEYONCÉ’S", "Mylène Farmer",
        "Désenchantée",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("page", "name"), [(page, name) for page, names in NAMES.items() for name in names])
def test_the_code_page_is_told_by_one_name(page: str, name: str) -> None:
    data = name.encode(page)
    assert data.decode(code_page_of(data)) == name


def test_the_texts_of_a_tag_tell_it_together() -> None:
    names = ["Би-2", "Полковнику никто не пишет", "The Best", "Земфира"]
    raw = [name.encode("cp1251").decode(errors="surrogateescape") for name in names]
    assert decoded(raw) == names


def test_long_texts_are_told_by_their_beginning() -> None:
    text = "Группа крови на рукаве. " * 40_000
    [found] = decoded([text.encode("cp1251").decode(errors="surrogateescape")])
    assert found == text
    text = "椎名林檎の丸の内サディスティック" * 1000
    assert decoded([text.encode("cp932").decode(errors="surrogateescape")]) == [text]


def test_utf8_comes_first_and_a_declared_code_page_second() -> None:
    raw = [text.decode(errors="surrogateescape") for text in ("Ünï".encode(), b"\x83\x4c")]
    assert decoded(raw, "cp932") == ["Ünï", "キ"]
    assert decoded([b"\x81".decode(errors="surrogateescape")], "cp99999") == ["\ufffd"]  # never an error


def test_a_text_cut_within_a_letter_is_utf8_all_the_same() -> None:
    raw = "Полковнику никто".encode()[:29]
    assert decoded([raw.decode(errors="surrogateescape")]) == ["Полковнику никт"[:15].rstrip()]


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("DÃ©jÃ\xa0 vu", "Déjà vu"), ("Donâ€™t", "Don’t"), ("æ¤\x8eå\x90\x8dæ\x9e\x97æª\x8e", "椎名林檎"),
        ("Déjà vu", "Déjà vu"), ("Ã", "Ã"), ("SÃO PAULO", "SÃO PAULO"), ("Кино", "Кино"), ("naïve", "naïve"),
        ("BEYONCÉ’S", "BEYONCÉ’S"), ("OLÉ…", "OLÉ…"), ("ESPAÃ‘A", "ESPAÑA"), ("DÄ…browski JÃ³zef", "Dąbrowski Józef"),
    ],
)  # fmt: skip
def test_utf8_that_was_taken_for_latin1_is_repaired(shown: str, meant: str) -> None:
    assert without_mojibake(shown) == meant


# In each format


def info_wav(path: Path, texts: dict[bytes, bytes], page: int = 0) -> Path:
    """A WAV with an INFO list, and a CSET chunk if `page` is given."""
    sounds.write(path, 1)
    items = b"".join(
        name + struct.pack("<I", len(text) + 1) + text + bytes(1 + (len(text) + 1) % 2)
        for name, text in texts.items()
    )
    chunks = b"CSET" + struct.pack("<IHHHH", 8, page, 0, 0, 0) if page else b""
    chunks += b"LIST" + struct.pack("<I", len(items) + 4) + b"INFO" + items
    data = path.read_bytes() + chunks
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    return path


def test_info_of_a_wav(tmp_path: Path) -> None:
    latin = info_wav(tmp_path / "latin.wav", {b"INAM": "Motörhead".encode("cp1252"), b"IART": b"Bj\xf6rk"})
    assert tag_fields(latin) == {"title": "Motörhead", "artist": "Björk"}
    utf8 = info_wav(tmp_path / "utf8.wav", {b"INAM": "椎名林檎".encode(), b"IART": b"Bj\xf6rk"})
    assert tag_fields(utf8) == {"title": "椎名林檎", "artist": "Björk"}
    russian = info_wav(tmp_path / "ru.wav", {b"INAM": "Группа крови".encode("cp1251")})
    assert tag_fields(russian) == {"title": "Группа крови"}


@pytest.mark.parametrize(
    ("page", "encoding", "title"),
    [
        (1252, "cp1252", "Café €uro"), (1253, "cp1253", "Ας"), (932, "cp932", "キ"), (65001, "utf-8", "é"),
        (7, "cp1252", "é"),
    ],
)  # fmt: skip
def test_a_code_page_that_a_wav_declares(tmp_path: Path, page: int, encoding: str, title: str) -> None:
    path = info_wav(tmp_path / "song.wav", {b"INAM": title.encode(encoding)}, page)
    assert tag_fields(path) == {"title": title}


def mp3(path: Path, *frames: object) -> Path:
    sounds.write(path, 1)
    tags = ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path)
    return path


@pytest.mark.parametrize("page", ["utf-8", "cp1251", "cp932", "cp1252"])
def test_latin1_frames_of_other_letters(tmp_path: Path, page: str) -> None:
    names = {
        "utf-8": "椎名林檎 – été",
        "cp1251": "Группа крови",
        "cp932": "宇多田ヒカル",
        "cp1252": "Motörhead – Ace",
    }
    raw = names[page].encode(page).decode("latin-1")
    path = mp3(
        tmp_path / "song.mp3",
        TIT2(encoding=0, text=[raw]),
        COMM(encoding=0, lang="eng", desc="", text=["ok"]),
    )
    assert tag_fields(path)["title"] == names[page]
    assert read_tags(path)["values"]["TIT2"] == [names[page]]


def test_id3v1_of_other_letters(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1)
    ID3(path).delete(path)
    title, artist = "Звезда по имени Солнце".encode("cp1251"), "Кино".encode("cp1251")
    with path.open("ab") as file:
        file.write(b"TAG" + title[:30].ljust(30, b"\0") + artist.ljust(30, b"\0") + bytes(64) + b"\xff")
    assert tag_fields(path) == {"title": "Звезда по имени Солнце", "artist": "Кино"}


def test_frames_of_utf8_and_utf16_stay(tmp_path: Path) -> None:
    path = mp3(tmp_path / "song.mp3", TIT2(encoding=1, text=["Êèíî"]), TPE1(encoding=3, text=["Ólöf"]))
    assert tag_fields(path) == {"title": "Êèíî", "artist": "Ólöf"}


@pytest.mark.parametrize("extension", [".flac", ".ogg", ".opus"])
def test_comments_that_are_no_utf8(tmp_path: Path, extension: str) -> None:
    path = sounds.write(tmp_path / f"song{extension}", 1, tags={"title": "*" * 12, "artist": "Ann"})
    data = path.read_bytes().replace(b"*" * 12, "Группа крови".encode("cp1251"))
    path.write_bytes(with_page_sums(data) if extension != ".flac" else data)
    assert tag_fields(path) == {"title": "Группа крови", "artist": "Ann"}


def with_page_sums(data: bytes) -> bytes:
    """An Ogg file with the check sums that its pages should have."""
    import io

    from mutagen.ogg import OggPage

    pages = bytearray(data)
    file = io.BytesIO(data)
    while file.tell() < len(data):
        start = file.tell()
        page = OggPage(file)
        pages[start : file.tell()] = page.write()
    return bytes(pages)


def test_ape_tags_that_are_no_utf8(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1)
    ID3(path).delete(path)
    tags = APEv2()
    tags["Title"], tags["Artist"] = "*" * 9, "Ann"
    tags.save(path)
    path.write_bytes(path.read_bytes().replace(b"*" * 9, "Motörhead".encode("cp1252")))
    assert tag_fields(path) == {"title": "Motörhead", "artist": "Ann"}


@pytest.mark.parametrize(
    ("kind", "encoding"), [(2, "utf-16-be"), (1, "cp1252"), (0, "cp1251"), (2, "utf-16")]
)
def test_texts_of_mp4_in_other_encodings(tmp_path: Path, kind: int, encoding: str) -> None:
    title = {"cp1252": "Motörhead", "cp1251": "Группа крови"}.get(encoding, "椎名林檎 é")
    raw = title.encode(encoding)
    path = sounds.write(tmp_path / "song.m4a", 1)
    tags = MP4(path)
    tags["\xa9nam"], tags["\xa9ART"] = ["*" * len(raw)], ["Ann"]
    tags.save()
    data = path.read_bytes()
    at = data.index(b"*" * len(raw))
    path.write_bytes(data[: at - 8] + struct.pack(">II", kind, 0) + raw + data[at + len(raw) :])
    assert tag_fields(path) == {"title": title, "artist": "Ann"}


def test_joiners_and_selectors_stay_and_bidi_controls_go(tmp_path: Path) -> None:
    path = FLAC(sounds.write(tmp_path / "song.flac", 1))
    path["title"], path["artist"] = "می\u200cخواهم \u202b❤\ufe0f\u202c", "👩\u200d🎤\u200f"
    path.save()
    assert tag_fields(tmp_path / "song.flac") == {"title": "می\u200cخواهم ❤\ufe0f", "artist": "👩\u200d🎤"}


def test_undecoded_keeps_what_is_no_latin1() -> None:
    assert undecoded("Ωmega") == "Ωmega"
    assert decoded([undecoded("abc")]) == ["abc"]


def test_names_of_free_texts(tmp_path: Path) -> None:
    path = mp3(tmp_path / "song.mp3", TXXX(encoding=0, desc="Mood", text=["Ð¡Ð¿Ð¾ÐºÐ¾Ð¹Ð½Ð¾"]))
    assert read_tags(path)["values"]["TXXX:Mood"] == ["Спокойно"]


def test_an_ogg_file_keeps_its_order(tmp_path: Path) -> None:
    file = OggVorbis(sounds.write(tmp_path / "song.ogg", 1))
    file["artist"] = ["Ann", "Bob"]
    file.save()
    assert tag_fields(tmp_path / "song.ogg")["artist_names"] == ["Ann", "Bob"]
