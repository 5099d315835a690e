"""Find the music in folders, and what is left out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from earmark_client.text import printable, printable_path

SUFFIXES = {
    ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".ape", ".au", ".caf", ".dsf", ".eac3", ".ec3", ".flac", ".m4a", ".m4b",
    ".mka", ".mp2", ".mp3", ".mp4", ".mpc", ".oga", ".ogg", ".opus", ".snd", ".tta", ".w64", ".wav", ".wave", ".weba",
    ".webm", ".wma", ".wv",
}  # fmt: skip
#: How many folders and file extensions are listed; the rest is only counted.
MAX_LISTED = 5


@dataclass
class FoundFiles:
    """The files to upload, each once and in order, and what is left out. Dictionaries serve as ordered sets."""

    files: dict[Path, None] = field(default_factory=dict)
    not_music: set[Path] = field(default_factory=set)
    hidden: set[Path] = field(default_factory=set)
    #: Folders that are symbolic links: they may lead anywhere, even in circles.
    linked: dict[Path, None] = field(default_factory=dict)
    #: Folders that cannot be read, and why.
    unreadable: dict[Path, str] = field(default_factory=dict)

    def left_out_lines(self) -> list[str]:
        """What is left out, one line per reason."""
        counts = Counter(path.suffix.lower() or "no extension" for path in self.not_music)
        kinds = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        endings = [f"{printable(kind)} {count}" for kind, count in kinds[:MAX_LISTED]]
        if others := sum(count for _, count in kinds[MAX_LISTED:]):
            endings.append(f"others {others}")
        unreadable = [f"{printable_path(path)} ({reason})" for path, reason in self.unreadable.items()]
        linked = [printable_path(path) for path in self.linked]
        rows = [
            (len(self.not_music), "file that is not music", "files that are not music", f" ({', '.join(endings)})"),
            (len(self.hidden), "hidden file or folder", "hidden files or folders", ""),
            (len(self.linked), "folder that is a link", "folders that are links", shortened_list(linked)),
            (len(unreadable), "folder that cannot be read", "folders that cannot be read", shortened_list(unreadable)),
        ]  # fmt: skip
        return [f"{count} {one if count == 1 else many}{which}" for count, one, many, which in rows if count]


def shortened_list(names: Iterable[str]) -> str:
    """The first few names, and how many more there are, after a colon."""
    every = list(names)
    more = f" and {len(every) - MAX_LISTED} more" if len(every) > MAX_LISTED else ""
    return ": " + ", ".join(every[:MAX_LISTED]) + more


def find_music(paths: Iterable[Path]) -> FoundFiles:
    """The given files, whatever they are, and all music below the given folders.

    A given folder may be a link; links to folders below it are not followed. No file is opened.
    """
    found = FoundFiles()
    for path in paths:
        if os.path.isdir(path):
            _walk_folder(path, found)
        else:
            found.files[path] = None
    return found


def _walk_folder(folder: Path, found: FoundFiles) -> None:
    def unreadable(error: OSError) -> None:
        found.unreadable[Path(error.filename)] = error.strerror or str(error)

    files = []
    for base, folders, names in os.walk(folder, onerror=unreadable):
        found.hidden.update(Path(base, name) for name in [*folders, *names] if name.startswith("."))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # os.walk lists these, but does not follow them.
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
