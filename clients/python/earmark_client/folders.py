"""Which files of some folders are music, and what is left out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from earmark_client.names import printable, shown

SUFFIXES = {
    ".aac", ".aif", ".aifc", ".aiff", ".au", ".flac", ".m4a", ".m4b", ".mka", ".mp2", ".mp3", ".mp4", ".oga", ".ogg",
    ".opus", ".snd", ".wav", ".wave", ".weba", ".webm", ".wma",
}  # fmt: skip
#: So many folders and endings are named; the others are only counted.
NAMED = 5


@dataclass
class Found:
    """The files to upload, each once and in order, and what lies beside them. Dictionaries serve as ordered sets."""

    files: dict[Path, None] = field(default_factory=dict)
    not_music: set[Path] = field(default_factory=set)
    hidden: set[Path] = field(default_factory=set)
    #: Folders that are symbolic links: they may lead anywhere, in circles, too.
    linked: dict[Path, None] = field(default_factory=dict)
    #: Folders, and why they cannot be read.
    unreadable: dict[Path, str] = field(default_factory=dict)

    def left_out(self) -> list[str]:
        """What is left out, kind by kind, in words."""
        counts = Counter(path.suffix.lower() or "no ending" for path in self.not_music)
        kinds = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        endings = [f"{printable(kind)} {count}" for kind, count in kinds[:NAMED]]
        if others := sum(count for _, count in kinds[NAMED:]):
            endings.append(f"others {others}")
        unreadable = [f"{shown(path)} ({reason})" for path, reason in self.unreadable.items()]
        told = [
            (len(self.not_music), "file that is no music", "files that are no music", f" ({', '.join(endings)})"),
            (len(self.hidden), "hidden file or folder", "hidden files or folders", ""),
            (len(self.linked), "folder that is a link", "folders that are links", named(map(shown, self.linked))),
            (len(unreadable), "folder that cannot be read", "folders that cannot be read", named(unreadable)),
        ]  # fmt: skip
        return [f"{count} {one if count == 1 else many}{which}" for count, one, many, which in told if count]


def named(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return ": " + ", ".join(every[:NAMED]) + more


def find_music(paths: Iterable[Path]) -> Found:
    """The files given, whatever they are, and all music below the folders given.

    A folder that is given may be a link; links to folders below it are not followed. Nothing is opened.
    """
    found = Found()
    for path in paths:
        if os.path.isdir(path):
            _look_below(path, found)
        else:
            found.files[path] = None
    return found


def _look_below(folder: Path, found: Found) -> None:
    def unreadable(error: OSError) -> None:
        found.unreadable[Path(error.filename)] = error.strerror or str(error)

    files = []
    for base, folders, names in os.walk(folder, onerror=unreadable):
        found.hidden.update(Path(base, name) for name in [*folders, *names] if name.startswith("."))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # os.walk names these, and does not go into them.
        links = [
            path for name in folders if os.path.islink(path := Path(base, name)) or os.path.isjunction(path)
        ]
        found.linked |= dict.fromkeys(links)
        for path in (Path(base, name) for name in names if not name.startswith(".")):
            if path.suffix.lower() in SUFFIXES:
                files.append(path)
            else:
                found.not_music.add(path)
    found.files |= dict.fromkeys(sorted(files))
