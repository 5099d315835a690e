"""Whatever the bytes are: tags as promised, soon, or none; and a copy takes new ones or stays out of the way.

`python -m tests.fuzz.tags CORPUS`
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["classifier", "mutagen"]):
    from classifier.formats import sniff_file
    from classifier.limits import TimeLimitExceeded, resource_limits
    from classifier.tag_reader import MAX_CHARACTERS, MAX_LENGTH, MAX_NAMES, MAX_VALUE_LENGTH, read_tags
    from classifier.tag_writer import write_tags
    from classifier.tagged_copies import TAGGABLE_FORMATS

from classifier.visible import has_invisible
from tests.fuzz import fuzz

#: CPU seconds: what these small files may take is far less than what large ones may.
SECONDS = 2.0
NEW = {"title": "Kind of Blue", "artist": "Somebody", "album": None, "year": "1959", "tags": ["calm", "late"]}


def check(path: Path) -> None:
    before = path.read_bytes()
    started = time.process_time()
    tags = read_tags(path)
    assert time.process_time() - started < SECONDS
    values = tags.pop("values")
    texts = [text for all_of_one in values.values() for text in all_of_one]
    assert len(values) <= MAX_NAMES
    assert all(0 < len(text) <= MAX_VALUE_LENGTH for text in texts)
    assert sum(map(len, texts)) <= MAX_CHARACTERS
    assert not any(has_invisible(text) for text in (*values, *texts))
    assert tags.keys() <= {"title", "artist", "album", "genre", "year", "track"}
    for field, value in tags.items():
        if field in ("year", "track"):
            assert isinstance(value, int)
            assert 0 < value < 10_000
        else:
            assert isinstance(value, str)
            assert 0 < len(value) <= MAX_LENGTH
            assert not has_invisible(value)
            value.encode()
    assert path.read_bytes() == before
    with path.open("rb") as file:
        kind = sniff_file(file)
    if kind in TAGGABLE_FORMATS:
        _write(path, kind)


def _write(path: Path, kind: str) -> None:
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    try:
        with resource_limits(seconds=SECONDS, memory=2**29):
            write_tags(copy, kind, NEW)
    except TimeLimitExceeded:
        raise
    except Exception:  # what mutagen trips over ends a process of its own, and the copy is not used
        return
    assert copy.stat().st_size < path.stat().st_size + 2**20


if __name__ == "__main__":
    fuzz(check)
