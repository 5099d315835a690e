"""Files that systems leave beside music: neither music nor anything that its owner put there."""

from __future__ import annotations

#: Names of files and folders, in lower case: of macOS, Windows, KDE and Synology.
_FILES = frozenset(
    {
        ".ds_store",
        ".localized",
        "icon\r",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "folder.htt",
        ".directory",
    }
)
_FOLDERS = frozenset({"__macosx", ".appledouble", ".trashes", ".spotlight-v100", ".fseventsd", "@eadir"})


def is_litter(path: str) -> bool:
    """Whether a path within an archive or folder leads to such a file, wherever in it the file lies."""
    *folders, name = path.replace("\\", "/").casefold().split("/")
    return name.startswith("._") or name in _FILES or not _FOLDERS.isdisjoint(folders)
